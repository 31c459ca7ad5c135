package dev.dunes.agent.drive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.dunes.agent.AgentException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class AnswerSchemaTest {
  private static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text.replace('\'', '"'));
  }

  @Test
  void saysWhatIsWrong() {
    AnswerSchema schema =
        AnswerSchema.of(
            json("{'type':'object','properties':{'n':{'type':'integer'}},'required':['n']}"));

    assertThat(schema.problem(Optional.of(json("{'n':1}")))).isEmpty();
    assertThat(schema.problem(Optional.of(json("{'n':'x'}"))).orElseThrow()).contains("integer");
    assertThat(schema.problem(Optional.of(json("{}"))).orElseThrow()).contains("n");
    assertThat(schema.problem(Optional.empty())).contains("there is no structured answer");
  }

  @Test
  void definitionsInsideAreFollowed() {
    AnswerSchema schema =
        AnswerSchema.of(json("{'$defs':{'a':{'type':'string'}},'items':{'$ref':'#/$defs/a'}}"));

    assertThat(schema.problem(Optional.of(json("['x']")))).isEmpty();
    assertThat(schema.problem(Optional.of(json("[1]")))).isPresent();
  }

  @Test
  void nothingIsFetched() throws IOException {
    AtomicInteger asked = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          exchange.sendResponseHeaders(200, 2);
          exchange.getResponseBody().write("{}".getBytes(StandardCharsets.UTF_8));
          exchange.close();
        });
    server.start();
    try {
      String address = "http://127.0.0.1:" + server.getAddress().getPort() + "/a.json";
      assertThatThrownBy(() -> AnswerSchema.of(json("{'$ref':'" + address + "'}")))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("invalid_schema"));
      assertThat(asked).hasValue(0);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void whatIsNoSchemaIsRefused() {
    assertThatThrownBy(() -> AnswerSchema.of(json("[]"))).isInstanceOf(AgentException.class);
    assertThatThrownBy(() -> AnswerSchema.of(json("'text'"))).isInstanceOf(AgentException.class);
  }
}
