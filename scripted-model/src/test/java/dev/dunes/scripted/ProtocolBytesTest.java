package dev.dunes.scripted;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The bytes of each protocol. A seed makes the ids the same each time. */
class ProtocolBytesTest {
  private final ScriptedModel model = ScriptedModel.builder().seed(1).start();
  private final Caller caller = new Caller(model);

  @AfterEach
  void close() {
    caller.close();
    model.close();
  }

  /** With ids of this run replaced by their prefix. */
  private static String plain(String body) {
    return body.replaceAll("(msg|toolu|resp|call|fc|rs|ctc)_[0-9a-f]{20}", "$1_")
        .replaceAll("chatcmpl-[0-9a-f]{20}", "chatcmpl-");
  }

  @Test
  void anthropicStreamOfTextAndTool() throws Exception {
    String body =
        caller.post(
            "/v1/messages?beta=true",
            """
            {"model":"m","stream":true,"messages":[{"role":"user","content":"[[hello]]"}],
             "tools":[{"name":"Bash","input_schema":{"properties":{"command":{}}}}]}\
            """);
    assertThat(plain(body))
        .isEqualTo(
            """
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":120,"output_tokens":1}}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I will creat"}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e the file."}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":0}

            event: content_block_start
            data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_","name":"Bash","input":{}}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"command\\":\\"echo hi "}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"> hello.txt && cat h"}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"ello.txt\\"}"}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":1}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":20}}

            event: message_stop
            data: {"type":"message_stop"}

            """);
  }

  @Test
  void anthropicThoughtsEndWithTheirSignature() throws Exception {
    String body =
        caller.post(
            "/v1/messages",
            "{\"stream\":true,\"tools\":[{\"name\":\"Bash\"}],"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"[[think]]\"}]}");
    assertThat(body)
        .contains("\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
        .contains("{\"type\":\"thinking_delta\",\"thinking\":\"Let me think\"}")
        .contains("{\"type\":\"signature_delta\",\"signature\":\"c2ln\"}");
  }

  @Test
  void anthropicDocument() throws Exception {
    assertThat(plain(caller.post("/v1/messages", Bodies.messages("[[text]]"))))
        .isEqualTo(
            "{\"id\":\"msg_\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\","
                + "\"content\":[{\"type\":\"text\",\"text\":\"Hello from the scripted model.\"}],"
                + "\"stop_reason\":\"end_turn\",\"stop_sequence\":null,"
                + "\"usage\":{\"input_tokens\":120,\"output_tokens\":20}}");
  }

  @Test
  void responsesStreamOfText() throws Exception {
    String body = caller.post("/v1/responses", "{\"model\":\"m\",\"input\":\"[[text]]\"}");
    assertThat(plain(body))
        .isEqualTo(
            """
            event: response.created
            data: {"type":"response.created","response":{"id":"resp_","created_at":1,"model":"m"}}

            event: response.output_item.added
            data: {"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_","role":"assistant","status":"in_progress","content":[]}}

            event: response.output_text.delta
            data: {"type":"response.output_text.delta","item_id":"msg_","output_index":0,"content_index":0,"delta":"Hello from t"}

            event: response.output_text.delta
            data: {"type":"response.output_text.delta","item_id":"msg_","output_index":0,"content_index":0,"delta":"he scripted "}

            event: response.output_text.delta
            data: {"type":"response.output_text.delta","item_id":"msg_","output_index":0,"content_index":0,"delta":"model."}

            event: response.output_item.done
            data: {"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"msg_","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hello from the scripted model.","annotations":[]}]}}

            event: response.completed
            data: {"type":"response.completed","response":{"id":"resp_","usage":{"input_tokens":120,"output_tokens":20,"total_tokens":140}}}

            """);
  }

  @Test
  void responsesCallsRepeatTheirNamespace() throws Exception {
    String body =
        caller.post(
            "/v1/responses",
            """
            {"model":"m","input":[{"type":"message","role":"user","content":
             [{"type":"input_text","text":"[[mcp]]"}]}],
             "tools":[{"type":"namespace","name":"mcp__scripted",
                       "tools":[{"type":"function","name":"echo","parameters":{}}]}]}\
            """);
    assertThat(plain(body))
        .contains(
            "\"item\":{\"type\":\"function_call\",\"id\":\"fc_\",\"call_id\":\"call_\",\"name\":\"echo\","
                + "\"namespace\":\"mcp__scripted\",\"arguments\":\"\",\"status\":\"in_progress\"}")
        .contains("\"delta\":\"{\\\"text\\\":\\\"ping\\\"}\"")
        .contains("\"arguments\":\"{\\\"text\\\":\\\"ping\\\"}\",\"status\":\"completed\"}");
  }

  @Test
  void responsesOfACatalogueModelAreFreeform() throws Exception {
    String body =
        caller.post(
            "/v1/responses",
            """
            {"model":"gpt-6-luna","input":[
             {"type":"additional_tools","tools":[{"type":"custom","name":"exec"}]},
             {"type":"message","role":"user","content":[{"type":"input_text","text":"[[fail]]"}]}]}\
            """);
    assertThat(plain(body))
        .contains("\"type\":\"response.custom_tool_call_input.delta\"")
        .contains(
            "\"input\":\"const r = await tools.exec_command({cmd:\\\"echo boom >&2; exit 3\\\"});"
                + " text(r.output);\",\"status\":\"completed\"");
  }

  @Test
  void chatStreamOfText() throws Exception {
    String body =
        caller.post(
            "/v1/chat/completions",
            """
            {"model":"m","stream":true,"stream_options":{"include_usage":true},
             "messages":[{"role":"user","content":"[[text]]"}]}\
            """);
    assertThat(plain(body))
        .isEqualTo(
            """
            data: {"id":"chatcmpl-","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello from t"},"finish_reason":null}]}

            data: {"id":"chatcmpl-","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"he scripted "},"finish_reason":null}]}

            data: {"id":"chatcmpl-","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"model."},"finish_reason":null}]}

            data: {"id":"chatcmpl-","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: {"id":"chatcmpl-","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":120,"completion_tokens":20,"total_tokens":140}}

            data: [DONE]

            """);
  }

  @Test
  void chatCallsOfTools() throws Exception {
    String body =
        caller.post(
            "/v1/chat/completions",
            """
            {"model":"m","stream":true,"messages":[{"role":"user","content":"[[fail]]"}],
             "tools":[{"type":"function","function":{"name":"bash","parameters":{}}}]}\
            """);
    assertThat(plain(body))
        .contains(
            "{\"role\":\"assistant\",\"tool_calls\":[{\"index\":0,\"id\":\"call_\",\"type\":\"function\","
                + "\"function\":{\"name\":\"bash\",\"arguments\":\"\"}}]}")
        .contains(
            "\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"command\\\":\\\"echo boo\"}}]}")
        .contains("\"finish_reason\":\"tool_calls\"");
  }

  @Test
  void geminiStreamAndDocument() throws Exception {
    String ask = "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"[[text]]\"}]}]}";
    assertThat(caller.post("/v1beta/models/g:streamGenerateContent?alt=sse", ask))
        .isEqualTo(
            """
            data: {"candidates":[{"content":{"role":"model","parts":[{"text":"Hello from t"}]},"index":0}]}

            data: {"candidates":[{"content":{"role":"model","parts":[{"text":"he scripted "}]},"index":0}]}

            data: {"candidates":[{"content":{"role":"model","parts":[{"text":"model."}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":120,"candidatesTokenCount":20,"totalTokenCount":140}}

            """);
    assertThat(caller.post("/v1beta/models/g:generateContent", ask))
        .isEqualTo(
            "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":"
                + "[{\"text\":\"Hello from the scripted model.\"}]},\"finishReason\":\"STOP\",\"index\":0}],"
                + "\"usageMetadata\":{\"promptTokenCount\":120,\"candidatesTokenCount\":20,\"totalTokenCount\":140}}");
  }

  @Test
  void aSeedMakesEqualBytes() throws Exception {
    String ask = Bodies.messages("[[hello]]", "Bash");
    String first = caller.post("/v1/messages", ask);
    assertThat(caller.post("/v1/messages", ask)).isEqualTo(first);
    assertThat(caller.post("/v1/messages", Bodies.messages("[[hello]]", 1, "Bash")))
        .isNotEqualTo(first);
    try (ScriptedModel random = ScriptedModel.start();
        Caller other = new Caller(random)) {
      assertThat(other.post("/v1/messages", ask)).isNotEqualTo(first);
    }
  }
}
