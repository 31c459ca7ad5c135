package dev.dunes.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The table of {@code docs/agents.md} says what the traits say. */
final class CapabilityTableTest {
  private static final List<String> COLUMNS = List.of("claude", "codex", "opencode", "amp");

  private static List<List<String>> rows() throws IOException {
    Path page = Path.of(System.getProperty("dunes.root"), "docs/agents.md");
    return Files.readAllLines(page).stream()
        .dropWhile(line -> !line.equals("## What each can do"))
        .skip(1)
        .takeWhile(line -> !line.startsWith("## "))
        .filter(
            line -> line.startsWith("| `") && line.contains("` | yes") || line.contains("` | no"))
        .map(line -> Arrays.stream(line.split("\\|")).map(String::strip).skip(1).toList())
        .toList();
  }

  @Test
  void allThatDiffersIsThere() throws IOException {
    assertThat(rows()).extracting(List::getFirst).hasSize(6).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @ValueSource(strings = {"codex", "opencode", "amp"})
  void eachColumnIsThatOfTheTraits(String agent) throws IOException {
    JsonNode flags =
        JsonMapper.shared()
            .valueToTree(Agents.open(AgentSettings.current()).get(agent).traits().capabilities());
    int column = 1 + COLUMNS.indexOf(agent);
    List<List<String>> rows = rows();
    for (List<String> row : rows) {
      boolean delivered = row.get(column).equals("yes");
      String flag = row.getFirst().replace("`", "");
      assertThat(flags.get(flag).asBoolean()).as(flag).isEqualTo(delivered);
    }
    List<String> differing = rows.stream().map(row -> row.getFirst().replace("`", "")).toList();
    flags.forEachEntry((flag, value) -> {
      if (!differing.contains(flag)) {
        assertThat(value.asBoolean()).as(flag).isEqualTo(!flag.equals("sharedProcess"));
      }
    });
  }
}
