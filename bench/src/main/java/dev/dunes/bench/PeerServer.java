package dev.dunes.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The published server that Dunes is compared with, {@code sandbox-agent} of npm, when it is
 * installed. Its agent is a script that writes as many updates as it is told to.
 */
final class PeerServer {
  static final String NAME = "sandbox-agent";
  private static final String VERSION = "sandbox-agent 0.4.2";
  private static final String PACKAGE =
      "node_modules/@sandbox-agent/cli-linux-x64/bin/sandbox-agent";
  private static final String AGENT =
      """
      #!/bin/sh
      while read -r line; do
        case $line in
          *'"initialize"'*) echo '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":1}}' ;;
          *'"burst"'*)
            {{WRITES}}
            ;;
        esac
      done
      """;

  private static final String UPDATE =
      "{\"jsonrpc\":\"2.0\",\"method\":\"session/update\",\"params\":{\"sessionId\":\"s\",\"update\":"
          + "{\"sessionUpdate\":\"agent_message_chunk\",\"content\":{\"type\":\"text\",\"text\":\"%s\"}}}}";

  /** As many as it can. */
  private static final String AT_ONCE = "awk 'BEGIN { for (i = 0; i < %d; i++) print \"%s\" }'";

  /** So many a second, each with the time at which it is written. */
  private static final String PACED =
      "python3 -c 'import sys, time\nt = time.time()\nfor i in range(%d):\n"
          + "  d = t + i / %d - time.time()\n  if d > 0: time.sleep(d)\n"
          + "  sys.stdout.write(\"%s\\n\".replace(\"@\", str(time.time_ns())))\n  sys.stdout.flush()'";

  private final Path program;
  private final Path home;

  private PeerServer(Path program, Path home) {
    this.program = program;
    this.home = home;
  }

  /**
   * That of {@code DUNES_BENCH_PEER}, of a package in the working directory or in the source tree,
   * or of the search path.
   */
  static Optional<PeerServer> find(Bench bench) throws IOException, InterruptedException {
    Stream<Path> places =
        Stream.concat(
            Stream.of(
                Path.of(System.getenv().getOrDefault("DUNES_BENCH_PEER", "")),
                Path.of(PACKAGE).toAbsolutePath(),
                bench.root().resolve(PACKAGE)),
            Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(directory -> Path.of(directory, NAME)));
    for (Path place : places.filter(Files::isExecutable).filter(Files::isRegularFile).toList()) {
      Process version =
          new ProcessBuilder(place.toString(), "--version").redirectErrorStream(true).start();
      String said = new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (version.waitFor() == 0 && said.strip().equals(VERSION)) {
        Path home = Trees.directory(bench.scratch().resolve("peer"), "rwx------");
        return Optional.of(new PeerServer(place, home));
      }
    }
    bench.note(
        "%s: not installed, left out (npm install @sandbox-agent/cli-linux-x64@0.4.2, or DUNES_BENCH_PEER names it)"
            .formatted(VERSION));
    return Optional.empty();
  }

  SessionServer start() throws IOException {
    return SessionServer.start(
        program.toString(), home, Map.of("HOME", home.toString(), "XDG_DATA_HOME", home + "/data"));
  }

  /**
   * Has it know an agent that writes so many updates when it is told `burst`.
   *
   * @param perSecond with the time in each of them; 0 for as fast as it can, with a dot
   */
  void install(SessionServer server, int updates, int perSecond) throws IOException {
    server.ask("POST", "/v1/agents/mock/install", "{}");
    Path script = home.resolve("data/sandbox-agent/bin/agent_processes/mock-acp");
    String writes =
        perSecond == 0
            ? AT_ONCE.formatted(updates, quoted(UPDATE.formatted(".")))
            : PACED.formatted(updates, perSecond, quoted(UPDATE.formatted("@")));
    Files.writeString(script, AGENT.replace("{{WRITES}}", writes));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static String quoted(String json) {
    return json.replace("\"", "\\\"");
  }

  /** A conversation with the agent, ready for its stream to be read. */
  String begin(SessionServer server, String id) throws IOException {
    server.ask(
        "POST",
        "/v1/acp/" + id + "?agent=mock",
        "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":1}}");
    return "/v1/acp/" + id;
  }

  /** Lets it write. */
  void burst(SessionServer server, String path) throws IOException {
    server.ask("POST", path, "{\"jsonrpc\":\"2.0\",\"method\":\"burst\",\"params\":{}}");
  }
}
