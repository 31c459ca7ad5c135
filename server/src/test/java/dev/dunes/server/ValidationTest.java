package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What is answered to requests that cannot be. */
class ValidationTest {
  @TempDir static Path directory;
  private static Shop shop;

  @BeforeAll
  static void open() throws IOException {
    shop = new Shop(directory);
    // Without a key every request that is right is refused for want of one.
    shop.environment.clear();
  }

  @AfterAll
  static void close() {
    shop.close();
  }

  private static final String NO_KEY =
      "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\"],\"msg\":\"Value error, anthropic_api_key is required — pass it in the request body or set ANTHROPIC_API_KEY in the environment\",\"ctx\":{\"error\":{}}}]}";

  private static String answer(String body) throws Exception {
    HttpResponse<String> answer = shop.post("/query", body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
    assertThat(answer.headers().firstValue("content-type")).contains("application/json");
    return answer.body();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|`missing`|`[\"body\",\"prompt\"]`|`Field required`|",
        "{\"prompt\":null}|`string_type`|`[\"body\",\"prompt\"]`|`Input should be a valid string`|",
        "{\"prompt\":5}|`string_type`|`[\"body\",\"prompt\"]`|`Input should be a valid string`|",
        "{\"prompt\":\"\"}|`string_too_short`|`[\"body\",\"prompt\"]`|`String should have at least 1 character`|`{\"min_length\":1}`",
        "{\"prompt\":\"x\",\"model\":\"\"}|`string_too_short`|`[\"body\",\"model\"]`|`String should have at least 1 character`|`{\"min_length\":1}`",
        "{\"prompt\":\"x\",\"max_turns\":0}|`greater_than_equal`|`[\"body\",\"max_turns\"]`|`Input should be greater than or equal to 1`|`{\"ge\":1}`",
        "{\"prompt\":\"x\",\"timeout\":4}|`greater_than_equal`|`[\"body\",\"timeout\"]`|`Input should be greater than or equal to 5`|`{\"ge\":5}`",
        "{\"prompt\":\"x\",\"timeout\":false}|`greater_than_equal`|`[\"body\",\"timeout\"]`|`Input should be greater than or equal to 5`|`{\"ge\":5}`",
        "{\"prompt\":\"x\",\"timeout\":3601}|`less_than_equal`|`[\"body\",\"timeout\"]`|`Input should be less than or equal to 3600`|`{\"le\":3600}`",
        "{\"prompt\":\"x\",\"timeout\":1e300}|`int_parsing_size`|`[\"body\",\"timeout\"]`|`Unable to parse input string as an integer, exceeded maximum size`|",
        "{\"prompt\":\"x\",\"timeout\":60.5}|`int_from_float`|`[\"body\",\"timeout\"]`|`Input should be a valid integer, got a number with a fractional part`|",
        "{\"prompt\":\"x\",\"timeout\":\"60.5\"}|`int_parsing`|`[\"body\",\"timeout\"]`|`Input should be a valid integer, unable to parse string as an integer`|",
        "{\"prompt\":\"x\",\"timeout\":[]}|`int_type`|`[\"body\",\"timeout\"]`|`Input should be a valid integer`|",
        "{\"prompt\":\"x\",\"output_format\":[]}|`dict_type`|`[\"body\",\"output_format\"]`|`Input should be a valid dictionary`|",
        "{\"prompt\":\"x\",\"files\":[]}|`dict_type`|`[\"body\",\"files\"]`|`Input should be a valid dictionary`|",
        "{\"prompt\":\"x\",\"files\":{\"a\":1}}|`string_type`|`[\"body\",\"files\",\"a\"]`|`Input should be a valid string`|",
        "{\"prompt\":\"x\",\"files\":{\"a\":{\"base64\":\"?\"}}}|`value_error`|`[\"body\",\"files\",\"a\"]`|`Value error, base64 is not valid`|`{\"error\":{}}`",
        "{\"prompt\":\"x\",\"files\":{\"/a\":\"\"}}|`value_error`|`[\"body\",\"files\"]`|`Value error, Absolute paths are not allowed: /a`|`{\"error\":{}}`",
        "{\"prompt\":\"x\",\"files\":{\"../a\":\"\"}}|`value_error`|`[\"body\",\"files\"]`|`Value error, Path traversal not allowed: ../a`|`{\"error\":{}}`",
        "{\"prompt\":\"x\",\"allowed_tools\":\"Read\"}|`list_type`|`[\"body\",\"allowed_tools\"]`|`Input should be a valid list`|",
        "{\"prompt\":\"x\",\"allowed_tools\":[1]}|`string_type`|`[\"body\",\"allowed_tools\",0]`|`Input should be a valid string`|",
        "{\"prompt\":\"x\",\"fork_session\":\"maybe\"}|`bool_parsing`|`[\"body\",\"fork_session\"]`|`Input should be a valid boolean, unable to interpret input`|",
        "{\"prompt\":\"x\",\"fork_session\":2}|`bool_parsing`|`[\"body\",\"fork_session\"]`|`Input should be a valid boolean, unable to interpret input`|",
        "{\"prompt\":\"x\",\"fork_session\":1.5}|`bool_type`|`[\"body\",\"fork_session\"]`|`Input should be a valid boolean`|",
        "{\"prompt\":\"x\",\"max_budget_usd\":-1}|`greater_than_equal`|`[\"body\",\"max_budget_usd\"]`|`Input should be greater than or equal to 0`|`{\"ge\":0.0}`",
        "{\"prompt\":\"x\",\"max_budget_usd\":\"x\"}|`float_parsing`|`[\"body\",\"max_budget_usd\"]`|`Input should be a valid number, unable to parse string as a number`|",
        "{\"prompt\":\"x\",\"extra_agents\":{\"a b\":{}}}|`value_error`|`[\"body\",\"extra_agents\"]`|`Value error, Invalid agent name 'a b': must match [a-zA-Z0-9_-]+`|`{\"error\":{}}`",
        "{\"prompt\":\"x\",\"extra_skills\":{\"a b\":\"\"}}|`value_error`|`[\"body\",\"extra_skills\"]`|`Value error, Invalid skill name 'a b': must match [a-zA-Z0-9_-]+`|`{\"error\":{}}`",
        "{\"prompt\":\"x\",\"extra_agents\":{\"a\":1}}|`dict_type`|`[\"body\",\"extra_agents\",\"a\"]`|`Input should be a valid dictionary`|",
        "{\"prompt\":\"x\",\"remember\":\" \"}|`value_error`|`[\"body\",\"remember\"]`|`Value error, A memory has 1 to 4,000 characters`|`{\"error\":{}}`",
        "null|`missing`|`[\"body\"]`|`Field required`|",
        "[]|`model_attributes_type`|`[\"body\"]`|`Input should be a valid dictionary or object to extract fields from`|",
        "\"x\"|`model_attributes_type`|`[\"body\"]`|`Input should be a valid dictionary or object to extract fields from`|",
        "{\"prompt\":|`json_invalid`|`[\"body\",10]`|`JSON decode error`|`{\"error\":\"Expecting value\"}`",
      })
  void everyProblemInTheWordsClientsKnow(
      String body, String type, String location, String message, String context) throws Exception {
    String expected =
        "{\"detail\":[{\"type\":\"%s\",\"loc\":%s,\"msg\":\"%s\"%s}]}"
            .formatted(type, location, message, context == null ? "" : ",\"ctx\":" + context);
    assertThat(answer(body)).isEqualTo(expected);
  }

  @Test
  void anEmptyBodyIsMissing() throws Exception {
    assertThat(answer(""))
        .isEqualTo(
            "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\"],\"msg\":\"Field required\"}]}");
  }

  @Test
  void allFieldsAreReportedInTheirOrder() throws Exception {
    JsonNode detail =
        Shop.json(
                answer(
                    "{\"extra_skills\":1,\"timeout\":1,\"max_turns\":\"x\",\"allowed_tools\":1,\"model\":\"\"}"))
            .get("detail");

    assertThat(detail.valueStream().map(problem -> problem.get("loc").get(1).asString()))
        .containsExactly(
            "prompt", "model", "max_turns", "timeout", "allowed_tools", "extra_skills");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"prompt\":\"x\"}",
        "{\"prompt\":\"x\",\"timeout\":60.0}",
        "{\"prompt\":\"x\",\"timeout\":\"60\"}",
        "{\"prompt\":\"x\",\"timeout\":\"+6_0.0\"}",
        "{\"prompt\":\"x\",\"timeout\":\" 60 \"}",
        "{\"prompt\":\"x\",\"timeout\":null}",
        "{\"prompt\":\"x\",\"max_turns\":true}",
        "{\"prompt\":\"x\",\"max_turns\":99999999999999999999}",
        "{\"prompt\":\"x\",\"max_budget_usd\":\"1.5\"}",
        "{\"prompt\":\"x\",\"fork_session\":\"yes\"}",
        "{\"prompt\":\"x\",\"fork_session\":\"OFF\"}",
        "{\"prompt\":\"x\",\"fork_session\":0}",
        "{\"prompt\":\"x\",\"unknown\":{}}",
        "{\"prompt\":\"x\",\"anthropic_api_key\":\"\"}",
        "{\"prompt\":\"x\",\"files\":null}",
        "{\"prompt\":\"x\",\"files\":{\"a\":{\"base64\":\"eA==\"}}}",
        "{\"prompt\":\"x\",\"output_format\":{}}"
      })
  void whatIsRightIsRefusedOnlyForWantOfAKey(String body) throws Exception {
    assertThat(answer(body)).isEqualTo(NO_KEY);
    // A media type does not matter.
    assertThat(
            shop.post("/query", body, "content-type", "application/x-www-form-urlencoded").body())
        .isEqualTo(NO_KEY);
  }

  @Test
  void theLongestPromptIsCountedInCodePoints() throws Exception {
    assertThat(answer(Shop.query("😀".repeat(1_000_000)).toString())).isEqualTo(NO_KEY);
    assertThat(answer(Shop.query("😀".repeat(1_000_000) + "x").toString()))
        .contains("String should have at most 1000000 characters", "{\"max_length\":1000000}");
  }

  @Test
  void nothingOfTheRequestIsRepeated() throws Exception {
    String body =
        Shop.query("secret prompt " + "z".repeat(10_000_000))
            .put("anthropic_api_key", "sk-ant-leak")
            .put("timeout", "sk-ant-leak")
            .toString();

    assertThat(answer(body))
        .hasSizeLessThan(2000)
        .doesNotContain("sk-ant-leak", "secret prompt", "zzz");
    assertThat(answer(body.substring(0, 1000)))
        .hasSizeLessThan(2000)
        .doesNotContain("sk-ant-leak", "secret prompt", "zzz");
  }

  @Test
  void filesAreCountedAndWeighed() throws Exception {
    var many = Shop.query("x");
    var files = many.putObject("files");
    for (int i = 0; i < 21; i++) {
      files.put("f" + i, "");
    }
    assertThat(answer(many.toString())).contains("Value error, Too many files: 21 (max 20)");

    var heavy = Shop.query("x");
    heavy
        .putObject("files")
        .put("a", "x".repeat(5_000_001))
        .putObject("b")
        .put("base64", Base64.getEncoder().encodeToString(new byte[5_000_000]));
    assertThat(answer(heavy.toString()))
        .contains("Value error, Total file size 10,000,001 bytes exceeds 10MB limit");
  }

  @Test
  void aBodyMayHave64MebibytesAndNoMore() throws Exception {
    HttpResponse<String> answer = shop.post("/query", "x".repeat((64 << 20) + 1));
    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(answer.body()).isEqualTo("{\"detail\":\"Request body too large\"}");

    try (RawClient client = new RawClient(shop.port())) {
      client.send(
          "POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n");
      assertThat(client.readTo("\r\n\r\n")).startsWith("HTTP/1.1 413");
    }
  }

  @Test
  void aClientThatAsksMayContinue() throws Exception {
    try (RawClient client = new RawClient(shop.port())) {
      client.send(
          "POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
      assertThat(client.readTo("\r\n\r\n")).startsWith("HTTP/1.1 100");
      client.send("{}");
      assertThat(client.readTo("\r\n\r\n")).startsWith("HTTP/1.1 422");
    }
  }

  @ParameterizedTest
  @CsvSource({"0,greater_than_equal", "1001,less_than_equal", "x,int_parsing"})
  void limitsOfLists(String limit, String type) throws Exception {
    HttpResponse<String> answer = shop.get("/runs?limit=" + limit);
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(answer.body()).contains("\"" + type + "\"", "[\"query\",\"limit\"]");
  }

  @Test
  void aKeyOfTheRequestWillDo() throws Exception {
    HttpResponse<String> answer =
        shop.post(
            "/query",
            Shop.query(Shop.echo(Shop.RESULT)).put("anthropic_api_key", "sk-ant-x").toString());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(Shop.events(answer.body())).containsExactly(Shop.RESULT);
    assertThat(
            Map.of(
                    "store",
                    java.nio.file.Files.readString(directory.resolve(".sandstorm/runs.jsonl")))
                .toString())
        .doesNotContain("sk-ant-x");
  }
}
