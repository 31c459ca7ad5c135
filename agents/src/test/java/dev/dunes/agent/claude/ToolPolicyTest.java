package dev.dunes.agent.claude;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.drive.Json;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ToolPolicyTest {
  @Test
  void withoutAListEverythingIsAllowed() {
    ToolPolicy policy = ToolPolicy.of(Optional.empty());

    assertThat(policy.restricts()).isFalse();
    assertThat(policy.builtIn()).isEmpty();
    assertThat(policy.refusal("Bash", Json.object())).isEmpty();
  }

  @Test
  void anEmptyListAllowsTheAnswerOnly() {
    ToolPolicy policy = ToolPolicy.of(Optional.of(List.of()));

    assertThat(policy.restricts()).isTrue();
    assertThat(policy.builtIn()).contains("");
    assertThat(policy.refusal("Read", Json.object())).isPresent();
    assertThat(policy.refusal("mcp__a__b", Json.object())).isPresent();
    assertThat(policy.refusal("StructuredOutput", Json.object())).isEmpty();
  }

  @Test
  void builtInToolsAreNamedOnceWithoutSpecifiersAndWithoutMcp() {
    ToolPolicy policy =
        ToolPolicy.of(
            Optional.of(
                List.of(
                    "Bash(git log:*)", "Bash(ls)", "Read", "mcp__a__b", "mcp__c__*", "Task", " ")));

    assertThat(policy.builtIn()).contains("Bash,Read,Agent");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "Bash                    | Bash      | {'command':'rm -rf /'}                 | true",
        "Bash(*)                 | Bash      | {'command':'rm -rf /'}                 | true",
        "Bash(git log:*)         | Bash      | {'command':'git log'}                  | true",
        "Bash(git log:*)         | Bash      | {'command':'git log --oneline'}        | true",
        "Bash(git log:*)         | Bash      | {'command':'git logs'}                 | false",
        "Bash(git log:*)         | Bash      | {'command':'git log; rm x'}            | false",
        "Bash(git log:*)         | Bash      | {'command':'git log && rm x'}          | false",
        "Bash(git log:*)         | Bash      | {'command':'git log % sh'}             | false",
        "Bash(git log:*)         | Bash      | {'command':'git log > /x'}             | false",
        "Bash(git log:*)         | Bash      | {'command':'git log $(rm x)'}          | false",
        "Bash(git log:*)         | Bash      | {'command':'git log ^rm x^'}           | false",
        "Bash(git log:*)         | Bash      | {'command':'git log \\n rm x'}         | false",
        "Bash(git log:*)         | Bash      | {'command':'git log & rm x'}           | false",
        "Bash(git log:*)         | Bash      | {'command':'X=1 git log'}              | false",
        "Bash(git log:*)         | Bash      | {}                                     | false",
        "Bash(git log:*)         | Bash      | {'command':7}                          | false",
        "Bash(npm run build)     | Bash      | {'command':'npm run build'}            | true",
        "Bash(npm run build)     | Bash      | {'command':'npm run build x'}          | false",
        "Bash(a && b)            | Bash      | {'command':'a && b'}                   | true",
        "Bash(git * main)        | Bash      | {'command':'git push origin main'}     | true",
        "Bash(git * main)        | Bash      | {'command':'git push main2'}           | false",
        "Read(/src/**)           | Read      | {'file_path':'/src/a/b.txt'}           | true",
        "Read(/src/**)           | Read      | {'file_path':'/src/../etc/passwd'}     | false",
        "Read(/src/*)            | Read      | {'file_path':'/src/a/b.txt'}           | false",
        "Read(*.md)              | Read      | {'file_path':'/home/user/a.md'}        | true",
        "Read(*.md)              | Read      | {'file_path':'/home/user/a.mdx'}       | false",
        "Read(//home/user/**)    | Read      | {'file_path':'/home/user/x'}           | true",
        "Read(/src/**)           | Read      | {}                                     | false",
        "WebFetch(domain:a.test) | WebFetch  | {'url':'https://a.test/x'}             | true",
        "WebFetch(domain:a.test) | WebFetch  | {'url':'https://a.test.evil.test/'}    | false",
        "WebFetch(domain:a.test) | WebFetch  | {'url':'https://a.test@evil.test/'}    | false",
        "WebFetch(domain:a.test) | WebFetch  | {'url':'::'}                           | false",
        "Task(helper)            | Agent     | {'subagent_type':'helper'}             | true",
        "Agent(helper)           | Task      | {'subagent_type':'other'}              | false",
        "Skill(greet)            | Skill     | {'skill':'greet'}                      | true",
        "Skill(greet)            | Skill     | {'skill':'other'}                      | false",
        "Monitor(what)           | Monitor   | {'what':'what'}                        | false",
        "mcp__s__*               | mcp__s__t | {}                                     | true",
        "mcp__s__*               | mcp__st__t| {}                                     | false",
        "mcp__s                  | mcp__s__t | {}                                     | true",
        "mcp__s                  | mcp__st__t| {}                                     | false",
        "mcp__s__t               | mcp__s__t | {}                                     | true",
        "mcp__s__t               | mcp__s__t2| {}                                     | false",
        "mcp__s__t(x)            | mcp__s__t | {}                                     | false",
        "Read                    | Bash      | {}                                     | false",
        "bash                    | Bash      | {}                                     | false",
      })
  void decides(String entry, String tool, String input, boolean allowed) {
    ToolPolicy policy = ToolPolicy.of(Optional.of(Arrays.asList(entry)));
    String json = input.replace('\'', '"').replace('^', '`').replace('%', '|');

    assertThat(policy.refusal(tool, Json.MAPPER.readTree(json)).isEmpty()).isEqualTo(allowed);
  }
}
