package dev.dunes.agent.codex;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.drive.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

final class LookingCommandsTest {
  private static JsonNode shell(String script) {
    return Json.array().add("/bin/bash").add("-lc").add(script);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ls",
        "ls -la /usr/*.txt",
        "cat 'a file' \"b & c\"",
        "sed -n '1,200p' src/Main.java",
        "sed -n '5,$p' x",
        "rg -n 'a|b; c' src | head -20",
        "cd src && git status && git log --oneline -5",
        "find . -name '*.java' -type f | sort -u | wc -l",
        "grep -rn \"it's\" ."
      })
  void look(String script) {
    assertThat(LookingCommands.only(shell(script))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "echo hi > a",
        "cat a >> b",
        "cat < a",
        "ls; rm a",
        "ls\nrm a",
        "ls & rm a",
        "ls &",
        "ls || rm a",
        "ls | xargs rm",
        "ls && rm a",
        "cat $(touch a)",
        "cat `touch a`",
        "echo \"$(touch a)\"",
        "echo \"`touch a`\"",
        "cat $HOME/a",
        "cat \\\n a",
        "A=b ls",
        "./ls",
        "find . -exec rm {} +",
        "find . -delete",
        "find . -fprintf a x",
        "rg --pre touch a",
        "git diff --output=a",
        "git -c core.pager=touch log",
        "git push",
        "sed -i s/a/b/ c",
        "sed -n '1w a' b",
        "sort -o a b",
        "sort a b",
        "tee a",
        "(ls)",
        "{ ls; }",
        "cat 'unclosed"
      })
  void doNotOrMayNot(String script) {
    assertThat(LookingCommands.only(shell(script))).isFalse();
  }

  @Test
  void otherFormsAreDeclined() {
    assertThat(LookingCommands.only(Json.array().add("ls").add("-l"))).isTrue();
    assertThat(LookingCommands.only(Json.array().add("rm").add("-l"))).isFalse();
    assertThat(LookingCommands.only(Json.array().add("python3").add("-c").add("ls"))).isFalse();
    assertThat(LookingCommands.only(Json.array())).isFalse();
    assertThat(LookingCommands.only(Json.object())).isFalse();
    assertThat(LookingCommands.only(Json.MAPPER.nullNode())).isFalse();
  }
}
