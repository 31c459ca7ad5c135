package dev.dunes.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class UniversalEventsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Test
  void theExampleOfTheSheetToTheByte() {
    UniversalEvent event =
        new UniversalEvent(
            6,
            Instant.parse("2026-01-28T12:00:00.4Z"),
            "s1",
            Optional.of("mock-s1"),
            true,
            UniversalEvent.Source.DAEMON,
            new AgentEvent.ItemDelta("itm_2", Optional.of("mock_1_ok"), "OK"),
            Optional.empty());

    assertThat(UniversalEvents.toJson(event).toString())
        .isEqualTo(
            """
            {"event_id":"evt_6","sequence":6,"time":"2026-01-28T12:00:00.4Z","session_id":"s1",\
            "native_session_id":"mock-s1","synthetic":true,"source":"daemon","type":"item.delta",\
            "data":{"item_id":"itm_2","native_item_id":"mock_1_ok","delta":"OK"},"raw":null}\
            """);
  }

  /** One of each type and part, with everything known and with nothing known, as the sheet says. */
  static List<List<String>> data() {
    return List.of(
        List.of("session.started", "{'metadata':null}"),
        List.of("session.started", "{'metadata':{'agent':'mock','model':null}}"),
        List.of("session.ended", "{'reason':'completed','terminated_by':'agent'}"),
        List.of("session.ended", "{'reason':'error','terminated_by':'daemon'}"),
        List.of("session.ended", "{'reason':'terminated','terminated_by':'daemon'}"),
        List.of(
            "item.started",
            "{'item':{'item_id':'itm_1','native_item_id':null,'parent_id':null,'kind':'message',"
                + "'role':null,'content':[],'status':'in_progress'}}"),
        List.of(
            "item.completed", item("message", "user", "completed", "{'type':'text','text':'a'}")),
        List.of(
            "item.completed",
            item(
                "message", "assistant", "completed", "{'type':'json','json':{'ok':true,'n':[1]}}")),
        List.of(
            "item.completed",
            item(
                "tool_call",
                "assistant",
                "completed",
                "{'type':'tool_call','name':'Bash','arguments':'{}','call_id':'c1'}")),
        List.of(
            "item.completed",
            item(
                "tool_result",
                "tool",
                "failed",
                "{'type':'tool_result','call_id':'c1','output':'no'},"
                    + "{'type':'file_ref','path':'a','action':'read','diff':null},"
                    + "{'type':'file_ref','path':'a','action':'write','diff':'+x\\n'},"
                    + "{'type':'file_ref','path':'a','action':'patch','diff':'@@ -1,1 +1,1 @@'}")),
        List.of(
            "item.completed",
            item(
                "system",
                "system",
                "completed",
                "{'type':'reasoning','text':'t','visibility':'public'},"
                    + "{'type':'reasoning','text':'t','visibility':'private'},"
                    + "{'type':'image','path':'p','mime':null},"
                    + "{'type':'image','path':'p','mime':'image/png'}")),
        List.of(
            "item.completed",
            item(
                "status",
                "assistant",
                "completed",
                "{'type':'status','label':'l','detail':null},"
                    + "{'type':'status','label':'l','detail':'d'}")),
        List.of("item.completed", item("unknown", "assistant", "completed", "")),
        List.of("item.delta", "{'item_id':'itm_1','native_item_id':null,'delta':''}"),
        List.of("error", "{'message':'m','code':null,'details':null}"),
        List.of("error", "{'message':'m','code':'process_exit','details':{'exitCode':1}}"),
        List.of(
            "permission.requested",
            "{'permission_id':'p','action':'a','status':'requested','metadata':null}"),
        List.of(
            "permission.resolved",
            "{'permission_id':'p','action':'a','status':'approved','metadata':{'command':'ls'}}"),
        List.of(
            "permission.resolved",
            "{'permission_id':'p','action':'a','status':'denied','metadata':null}"),
        List.of(
            "question.requested",
            "{'question_id':'q','prompt':'p','options':['Yes','No'],'response':null,"
                + "'status':'requested'}"),
        List.of(
            "question.resolved",
            "{'question_id':'q','prompt':'p','options':[],'response':'Yes','status':'answered'}"),
        List.of(
            "question.resolved",
            "{'question_id':'q','prompt':'p','options':[],'response':null,'status':'rejected'}"),
        List.of("turn.started", "{'phase':'started','turn_id':'turn_1','metadata':null}"),
        List.of("turn.ended", "{'phase':'ended','turn_id':null,'metadata':{'reason':'success'}}"),
        List.of("agent.unparsed", "{'error':'e','location':'l','raw_hash':null}"),
        List.of("agent.unparsed", "{'error':'e','location':'l','raw_hash':'h'}"));
  }

  @ParameterizedTest
  @MethodSource("data")
  void readAndWrittenDataIsTheSame(List<String> example) {
    JsonNode data = JSON.readTree(example.get(1).replace('\'', '"'));
    AgentEvent event = UniversalEvents.event(example.get(0), data);

    assertThat(event.type()).isEqualTo(example.get(0));
    assertThat(UniversalEvents.data(event)).isEqualTo(data);
    assertThat(UniversalEvents.data(event).toString()).isEqualTo(data.toString());
  }

  @ParameterizedTest
  @MethodSource("data")
  void readAndWrittenEventsAreTheSame(List<String> example) {
    JsonNode data = JSON.readTree(example.get(1).replace('\'', '"'));
    UniversalEvent event =
        new UniversalEvent(
            1,
            Instant.parse("2026-01-28T12:00:00Z"),
            "s",
            Optional.empty(),
            false,
            UniversalEvent.Source.AGENT,
            UniversalEvents.event(example.get(0), data),
            Optional.of(JSON.readTree("{\"raw\":\"mock\"}")));

    assertThat(UniversalEvents.fromJson(UniversalEvents.toJson(event))).isEqualTo(event);
  }

  @ParameterizedTest
  @MethodSource("data")
  void theBytesAreThoseOfTheTreeWithoutRaw(List<String> example) {
    JsonNode data = JSON.readTree(example.get(1).replace('\'', '"'));
    UniversalEvent event =
        new UniversalEvent(
            7,
            Instant.parse("2026-01-28T12:00:00.123456Z"),
            "s \"quoted\" ü",
            Optional.of("native"),
            true,
            UniversalEvent.Source.DAEMON,
            UniversalEvents.event(example.get(0), data),
            Optional.empty());

    assertThat(new String(UniversalEvents.toBytes(event), StandardCharsets.UTF_8))
        .isEqualTo(UniversalEvents.toJson(event).toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.5Z",
        "2026-01-28T12:00:00.1Z",
        "2026-01-28T12:00:00.01Z",
        "2026-01-28T12:00:00.000000001Z",
        "2026-01-28T12:00:00.123456789Z",
        "2026-01-28T12:00:01Z",
        "2026-01-28T11:59:59.999Z",
        "+12026-01-28T12:00:00.25Z"
      })
  void theTimeHasAsManyDigitsAsItNeeds(String time) {
    UniversalEvent event =
        new UniversalEvent(
            7,
            Instant.parse(time),
            "s",
            Optional.empty(),
            true,
            UniversalEvent.Source.DAEMON,
            new AgentEvent.ItemDelta("itm_1", Optional.of("native"), "x"),
            Optional.empty());

    assertThat(JSON.readTree(UniversalEvents.toBytes(event)).get("time").asString())
        .isEqualTo(time);
    assertThat(new String(UniversalEvents.toBytes(event), StandardCharsets.UTF_8))
        .isEqualTo(UniversalEvents.toJson(event).toString());
  }

  @Test
  void whatIsNoEventIsRefused() {
    assertThatThrownBy(() -> UniversalEvents.event("item.changed", JSON.createObjectNode()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("item.changed");
    assertThatThrownBy(() ->
            UniversalEvents.event(
                "session.ended",
                JSON.readTree("{\"reason\":\"bored\",\"terminated_by\":\"agent\"}")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> UniversalEvents.fromJson(JSON.readTree("{\"sequence\":1}")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("time");
  }

  private static String item(String kind, String role, String status, String parts) {
    return "{'item':{'item_id':'itm_1','native_item_id':'n','parent_id':'itm_0','kind':'%s',"
            .formatted(kind)
        + "'role':'%s','content':[%s],'status':'%s'}}".formatted(role, parts, status);
  }
}
