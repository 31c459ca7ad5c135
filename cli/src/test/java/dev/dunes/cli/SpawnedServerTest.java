package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The published client {@code sandbox-agent} starts this program as its server, and ends it. Agent
 * API, sheet 3.2; ACP, sheet 3.1.
 */
class SpawnedServerTest {
  @TempDir Path directory;

  @Test
  void aClientStartsItsServerAndEndsIt() throws Exception {
    String modules = System.getenv("DUNES_TEST_NODE_MODULES");
    assumeTrue(modules != null, "DUNES_TEST_NODE_MODULES is not set: no published client");
    Path state = Files.createTempDirectory("ds-state");
    Path pid = directory.resolve("pid");
    Path program =
        Files.writeString(
            directory.resolve("sandbox-agent"),
            "#!/bin/sh\necho $$ > '%s'\nexec %s \"$@\"\n"
                .formatted(
                    pid,
                    DsProcess.command().stream()
                        .map(word -> "'" + word + "'")
                        .collect(Collectors.joining(" "))));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    Process node =
        new DsProcess(state, directory, "local")
            .start(
                List.of(
                    "node",
                    Path.of(
                            System.getProperty("dunes.root"),
                            "cli/src/test/resources/clients/spawn.mjs")
                        .toString(),
                    modules),
                Map.of(
                    "SANDBOX_AGENT_BIN",
                    program.toString(),
                    "DUNES_MOCK_PACE",
                    "0",
                    "NODE_NO_WARNINGS",
                    "1"));
    try {
      List<String> lines;
      try (Stream<String> said = node.inputReader().lines()) {
        lines = said.toList();
      }
      assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(lines)
          .as(new String(node.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
          .containsExactly(
              "end_turn started by the client", "without a token 401", "health ok", "after gone");
      assertThat(ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))).isEmpty();
    } finally {
      node.descendants().forEach(ProcessHandle::destroyForcibly);
      node.destroyForcibly();
      new ProcessBuilder("rm", "-rf", state.toString()).start().waitFor();
    }
  }
}
