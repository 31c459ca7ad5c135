package dev.dunes.agent.drive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

final class JsonRpcPeerTest {
  private final List<String> written = new ArrayList<>();
  private final List<JsonRpcReply> replies = new ArrayList<>();
  private final JsonRpcPeer peer = new JsonRpcPeer(written::add, false, "ask"::equals);

  private static JsonNode json(String text) {
    return Json.MAPPER.readTree(text.replace('\'', '"'));
  }

  private void call(Optional<Duration> limit) {
    peer.call("m", Json.object(), limit, replies::add);
  }

  @Test
  void repliesFindTheirRequestsInAnyOrder() {
    call(Optional.empty());
    peer.call("n", json("{'a':1}"), Optional.empty(), reply -> replies.add(reply));
    assertThat(written)
        .containsExactly(
            "{\"id\":1,\"method\":\"m\",\"params\":{}}",
            "{\"id\":2,\"method\":\"n\",\"params\":{\"a\":1}}");

    assertThat(
            peer.receive(json("{'jsonrpc':'2.0','id':2,'error':{'code':-32600,'message':'no'}}")))
        .isEqualTo(new JsonRpcMessage.Done());
    peer.receive(json("{'id':1,'result':{'ok':true}}"));
    peer.receive(json("{'id':1,'result':{'again':true}}"));
    peer.receive(json("{'id':'1','result':{}}"));

    assertThat(replies)
        .containsExactly(
            new JsonRpcReply.Failure(-32600, "no", Optional.empty()),
            new JsonRpcReply.Result(json("{'ok':true}")));
    assertThat(replies.getFirst().problem()).contains("no (-32600)");
  }

  @Test
  void theVersionIsSaidToWhoWantsIt() {
    new JsonRpcPeer(written::add, true, method -> false).tell("hello", Optional.empty());
    peer.tell("hello", Optional.of(json("{'a':1}")));

    assertThat(written)
        .containsExactly(
            "{\"jsonrpc\":\"2.0\",\"method\":\"hello\"}",
            "{\"method\":\"hello\",\"params\":{\"a\":1}}");
  }

  @Test
  void theirRequestsHaveIdsOfTheirOwnAndAreAnsweredOnce() {
    call(Optional.empty());
    JsonNode one = json("1");
    assertThat(peer.receive(json("{'id':1,'method':'ask','params':{'q':7}}")))
        .isEqualTo(new JsonRpcMessage.Request(one, "ask", json("{'q':7}")));
    peer.receive(json("{'id':'1','method':'ask'}"));
    assertThat(peer.answer(one, json("{'a':1}"))).isTrue();
    assertThat(peer.answer(one, json("{'a':2}"))).isFalse();
    assertThat(peer.refuse(json("'1'"), -1, "no")).isTrue();
    assertThat(peer.forget(json("'1'"))).isFalse();

    assertThat(written.subList(1, written.size()))
        .containsExactly(
            "{\"id\":1,\"result\":{\"a\":1}}",
            "{\"id\":\"1\",\"error\":{\"code\":-1,\"message\":\"no\"}}");
    assertThat(replies).isEmpty();
  }

  @Test
  void whatIsNotServedIsRefusedAtOnce() {
    assertThat(peer.receive(json("{'id':0,'method':'other'}")))
        .isEqualTo(new JsonRpcMessage.Done());

    assertThat(written)
        .containsExactly(
            "{\"id\":0,\"error\":{\"code\":-32601,\"message\":\"method not found: other\"}}");
  }

  @Test
  void whatIsWithdrawnCannotBeAnswered() {
    peer.receive(json("{'id':0,'method':'ask'}"));

    assertThat(peer.forget(json("0"))).isTrue();
    assertThat(peer.answer(json("0"), Json.object())).isFalse();
    assertThat(written).isEmpty();
  }

  @Test
  void aRequestWithoutAReplyIsGivenUpAndALateReplyIgnored() {
    call(Optional.of(Duration.ZERO));
    call(Optional.of(Duration.ofHours(1)));
    assertThat(peer.untilExpiry()).contains(Duration.ZERO);
    peer.expire();
    peer.receive(json("{'id':1,'result':{}}"));

    assertThat(replies).singleElement().isInstanceOf(JsonRpcReply.None.class);
    assertThat(peer.untilExpiry().orElseThrow()).isGreaterThan(Duration.ofMinutes(50));
  }

  @Test
  void theEndIsTheReplyToEverythingOpen() {
    call(Optional.empty());
    peer.receive(json("{'id':0,'method':'ask'}"));
    peer.close();

    assertThat(replies).singleElement().isInstanceOf(JsonRpcReply.None.class);
    assertThat(peer.answer(json("0"), Json.object())).isFalse();
    assertThatThrownBy(() -> call(Optional.empty()))
        .isInstanceOfSatisfying(
            AgentException.class, e -> assertThat(e.code()).isEqualTo("agent_ended"));
  }

  @Test
  void whatIsOpenIsBoundedOnBothEnds() {
    for (int i = 0; i < 256; i++) {
      call(Optional.empty());
    }
    assertThatThrownBy(() -> call(Optional.empty()))
        .isInstanceOfSatisfying(
            AgentException.class, e -> assertThat(e.code()).isEqualTo("agent_stuck"));

    written.clear();
    for (int i = 0; i < 201; i++) {
      peer.receive(json("{'id':" + i + ",'method':'ask'}"));
    }
    assertThat(written).singleElement().asString().contains("\"id\":200", "-32603");
  }

  @Test
  void nonsenseIsNoMessage() {
    for (String nonsense :
        List.of("[]", "7", "{}", "{'id':{'a':1},'result':1}", "{'id':1}", "{'method':7}")) {
      assertThat(peer.receive(json(nonsense)))
          .as(nonsense)
          .isInstanceOf(JsonRpcMessage.Unknown.class);
    }
    assertThat(peer.receive(json("{'method':'x','params':[1]}")))
        .isEqualTo(new JsonRpcMessage.Notification("x", json("[1]")));
  }
}
