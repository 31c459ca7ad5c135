package dev.dunes.cli;

import dev.dunes.server.DunesServer;
import dev.dunes.server.ServerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Runs the usual commands once in one process. The launcher does this when it makes the AOT cache,
 * so that the cache holds the classes they load.
 */
final class Training {
  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("--version"),
          List.of("--help"),
          List.of("run", "--help"),
          List.of("run", "true"),
          List.of("run", "-e", "A=b", "-t", "9", "echo out; echo err >&2; exit 3"),
          List.of("run", "--lang", "sh"),
          List.of("run", "--no-such-option"),
          List.of("list"),
          List.of("list", "--json"),
          List.of("exec", "no-such-sandbox", "true"),
          List.of("destroy", "no-such-sandbox"),
          List.of("providers"));

  private static final List<List<String>> AGENT_COMMANDS =
      List.of(
          List.of("query", "--help"),
          List.of("init", "--list"),
          List.of("agents"),
          List.of("doctor"));

  private static final List<List<String>> SERVER_COMMANDS =
      List.of(List.of("serve", "--help"), List.of("server", "--help"));

  /** What is asked of a server, which follows. */
  private static final List<List<String>> ASKED =
      List.of(
          List.of("api", "agents", "list", "-e"),
          List.of("api", "sessions", "create", "training", "--agent", "mock", "-e"),
          List.of("api", "sessions", "send-message-stream", "training", "-m", "echo a", "-e"),
          List.of("sessions", "-e"),
          List.of("sessions", "export", "training", "-e"),
          List.of("sessions", "delete", "training", "-e"));

  /** A prompt from its beginning to its end, as far as this machine goes without the network. */
  private static final List<String> PROMPT = List.of("demo", "--fast");

  /** Whatever happens, the cache of everything else shall be written. */
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private Training() {}

  /**
   * With {@code sandboxes} what needs no agent: it runs without the jars for them. With {@code
   * server} a server alone. With {@code agents} all the rest.
   */
  public static void main(String[] arguments) throws InterruptedException {
    switch (arguments[0]) {
      case "sandboxes" -> run(COMMANDS);
      case "server" -> {
        run(SERVER_COMMANDS);
        train(() -> server(List.of()));
      }
      default -> {
        run(COMMANDS);
        run(AGENT_COMMANDS);
        train(Training::prompt);
        train(() -> server(ASKED));
      }
    }
    // The JVM writes the cache on its way out, so it must leave the usual way.
    System.exit(0);
  }

  private static void run(List<List<String>> commands) {
    commands.forEach(command -> Main.run(command.toArray(String[]::new)));
  }

  private static void train(Runnable what) throws InterruptedException {
    if (!Thread.ofPlatform().daemon().start(what).join(LIMIT)) {
      System.err.println("it took too long");
    }
  }

  private static void prompt() {
    Map<String, String> environment = new HashMap<>(System.getenv());
    // An agent that is not there yet is not fetched now: that has time until it is needed.
    environment.put("DUNES_AGENTS_OFFLINE", "/nonexistent");
    Console ours = Console.ofThisProcess("ds", Interruption.none());
    try (Console console = ours.with(environment)) {
      new Cli(console).run(PROMPT.toArray(String[]::new));
    }
  }

  /** A server from its start to its end, and what is asked of it first. */
  private static void server(List<List<String>> questions) {
    try (Console console = Console.ofThisProcess("ds", Interruption.none());
        DunesServer server =
            DunesServer.start(
                ServerConfig.builder(new LocalRuns(console).serving())
                    .host("127.0.0.1")
                    .port(0)
                    .version(Main.VERSION)
                    .build());
        InputStream health = server.uri().resolve("/health").toURL().openStream()) {
      health.readAllBytes();
      for (List<String> asked : questions) {
        Main.run(
            Stream.concat(asked.stream(), Stream.of(server.uri().toString()))
                .toArray(String[]::new));
      }
      HostedTraining.in(server.uri());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
