package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The published client {@code sandbox-agent} in a process of Node, unmodified. {@code
 * DUNES_TEST_NODE_MODULES} names the directory it is installed in; {@code .ci/run} makes one.
 */
final class NodeClient implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;

  private NodeClient(Process process) {
    this.process = process;
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  static Path modules() {
    String modules = System.getenv("DUNES_TEST_NODE_MODULES");
    assumeTrue(modules != null, "DUNES_TEST_NODE_MODULES is not set: no published client");
    return Path.of(modules);
  }

  /** Begins a scenario of {@code clients/sandbox-agent.mjs}. */
  static NodeClient start(String url, String token, String scenario, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "node",
                "--experimental-websocket",
                Path.of(
                        System.getProperty("dunes.root"),
                        "server/src/test/resources/clients/sandbox-agent.mjs")
                    .toString(),
                modules().toString(),
                url,
                token,
                scenario));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("NODE_NO_WARNINGS", "1");
    Process process = builder.start();
    process.getOutputStream().close();
    return new NodeClient(process);
  }

  /** The next line it prints. */
  String line() throws IOException {
    return String.valueOf(output.readLine());
  }

  /** The lines that are left, once it has ended well. */
  List<String> lines() throws Exception {
    List<String> lines = output.readAllLines();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(String.join("\n", lines)).isZero();
    return lines;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
