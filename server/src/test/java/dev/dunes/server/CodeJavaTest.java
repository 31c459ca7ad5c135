package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.server.http.Json;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Java that runs in a context of a sandbox. */
class CodeJavaTest extends CodeCase {
  @BeforeEach
  void requireJava() throws Exception {
    assumeTrue(
        desk.send("POST", "/contexts", "{\"language\":\"java\"}").statusCode() == 200,
        "there is no JDK here");
  }

  @Test
  void javaKeepsWhatItHas() throws Exception {
    CodeDesk.Said said =
        desk.run("java", "int x = 20;\nSystem.out.println(\"gr\u00fc\u00dfe\");\nx + 1");
    assertThat(said.text("stdout")).isEqualTo("gr\u00fc\u00dfe\n");
    assertThat(said.value()).isEqualTo("21");
    assertThat(desk.run("java", "record Point(int a) {}\nnew Point(x)").value())
        .isEqualTo("Point[a=20]");
    assertThat(desk.run("java", "\"te\" + \"xt\"").value()).isEqualTo("text");
    assertThat(desk.run("java", "List.of(1).size();").of("result")).isEmpty();
    assertThat(desk.run("java", "System.getProperty(\"user.dir\")").value())
        .isEqualTo("/home/user");

    assertThat(desk.run("java", "System.getProperty(\"SANDBOX_WIDE\")").value()).isEqualTo("yes");
    ObjectNode request =
        Json.object()
            .put("code", "System.getProperty(\"SANDBOX_WIDE\") + System.getProperty(\"ONE\")")
            .put("language", "java");
    request.putObject("env_vars").put("SANDBOX_WIDE", "no").put("ONE", "1'\\\"\n");
    assertThat(desk.run(request).value()).isEqualTo("no1'\\\"\n");
    assertThat(
            desk.run("java", "System.getProperty(\"SANDBOX_WIDE\") + System.getProperty(\"ONE\")")
                .value())
        .isEqualTo("yesnull");

    JsonNode wrong = desk.run("java", "int y = 1;\nint z = \"s\";").error();
    assertThat(wrong.get("name").asString()).isEqualTo("CompilationError");
    assertThat(wrong.get("traceback").asString()).contains("int z = \"s\";");
    JsonNode thrown = desk.run("java", "int half(int a) { return a / 0; }\nhalf(3)").error();
    assertThat(thrown.get("name").asString()).isEqualTo("java.lang.ArithmeticException");
    assertThat(thrown.get("value").asString()).isEqualTo("/ by zero");
    assertThat(thrown.get("traceback").asString()).contains("half");
    assertThat(desk.run("java", "y + x").value()).isEqualTo("21");
    assertThat(desk.run("java", "System.exit(3);").error().get("name").asString())
        .isEqualTo("KernelDied");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "System.out.println(\"going\"); while (true) {}",
        "System.out.println(\"going\"); Thread.sleep(600_000);",
        "System.out.println(\"going\"); new Object().wait(); int never = 1;",
      })
  void aClientThatLeavesInterruptsTheCode(String code) throws Exception {
    desk.run("java", "String x = \"kept\";");
    desk.begin("java", code, "going").close();
    CodeDesk.Said next = desk.run("java", "x");
    assertThat(next.count()).isEqualTo(3);
    assertThat(next.value()).isEqualTo("kept");
  }
}
