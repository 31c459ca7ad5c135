package dev.dunes.gateway.cassette;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.gateway.ModelProtocol;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The same conversation in four protocols, as the sheet of the scripted model normalises it. */
class ConversationTest {
  private static List<String> turns(ModelProtocol protocol, String kind, String body) {
    return Conversation.of(protocol, kind, false, body.getBytes(UTF_8)).turns().stream()
        .map(turn -> turn.role() + ": " + turn.text())
        .toList();
  }

  @Test
  void messages() {
    assertThat(
            turns(
                ModelProtocol.ANTHROPIC,
                "messages",
                """
                {"system":"no","messages":[{"role":"user","content":"hi  there"},{"role":"assistant","content":"no"},
                 {"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"done"}]},
                  {"type":"text","text":"and now"}]}]}
                """))
        .containsExactly("user: hi there", "tool: done", "user: and now");
  }

  @Test
  void responses() {
    assertThat(
            turns(
                ModelProtocol.OPENAI,
                "responses",
                """
                {"instructions":"no","input":[{"type":"message","role":"developer","content":"no"},
                 {"role":"user","content":[{"type":"input_text","text":"<environment_context>no</environment_context>"}]},
                 {"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]},
                 {"type":"function_call","name":"no","arguments":"{}"},
                 {"type":"function_call_output","output":"done"},{"type":"custom_tool_call_output","output":"too"}]}
                """))
        .containsExactly("user: hi", "tool: done", "tool: too");
    assertThat(turns(ModelProtocol.OPENAI, "responses", "{\"input\":\"hi\"}"))
        .containsExactly("user: hi");
  }

  @Test
  void chat() {
    assertThat(
            turns(
                ModelProtocol.OPENAI,
                "chat/completions",
                """
                {"messages":[{"role":"system","content":"no"},{"role":"user","content":[{"type":"text","text":"hi"}]},
                 {"role":"assistant","tool_calls":[]},{"role":"tool","content":"done"}]}
                """))
        .containsExactly("user: hi", "tool: done");
  }

  @Test
  void gemini() {
    assertThat(
            turns(
                ModelProtocol.GEMINI,
                "generateContent",
                """
                {"systemInstruction":{"parts":[{"text":"no"}]},"contents":[{"role":"user","parts":[{"text":"hi"}]},
                 {"role":"model","parts":[{"functionCall":{}}]},
                 {"role":"user","parts":[{"functionResponse":{"name":"x","response":{"output":"done"}}}]}]}
                """))
        .containsExactly("user: hi", "tool: {\"output\":\"done\"}");
  }

  @Test
  void sideRequestsAreOthers() {
    String plain = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]%s}";
    assertThat(
            List.of("", ",\"tools\":[{}]", ",\"stream\":true", ",\"output_config\":{\"format\":{}}")
                .stream()
                .map(more -> plain.formatted(more).getBytes(UTF_8))
                .map(body ->
                    Conversation.of(ModelProtocol.ANTHROPIC, "messages", false, body).key()))
        .doesNotHaveDuplicates();
  }

  @Test
  void aPictureCountsByItsContent() {
    String body =
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"data\":\"%s\"}}]}]}";
    String one =
        Conversation.of(
                ModelProtocol.ANTHROPIC, "messages", false, body.formatted("AAAA").getBytes(UTF_8))
            .key();
    String other =
        Conversation.of(
                ModelProtocol.ANTHROPIC, "messages", false, body.formatted("BBBB").getBytes(UTF_8))
            .key();
    assertThat(one).isNotEqualTo(other);
  }
}
