package dev.dunes.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
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
          List.of("doctor"),
          // As much of a prompt as there is where no real agent is installed yet. Twice: the second
          // finds what the first has kept.
          List.of("query", "--agent", "mock", "echo a"),
          List.of("query", "--agent", "mock", "-v", "echo a"));

  private static final List<List<String>> SERVER_COMMANDS =
      List.of(List.of("serve", "--help"), List.of("server", "--help"));

  /** What is asked of a server, whose address follows. */
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

  /** What its servers ask for: this machine may have other users, and they could run commands. */
  private static final String TOKEN = token();

  /** Whatever happens, the cache of everything else shall be written. */
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private Training() {}

  /**
   * With {@code sandboxes} what needs no agent: it runs without the jars for them. With {@code
   * server} a server alone. With {@code agents} all the rest.
   */
  public static void main(String[] arguments) throws InterruptedException {
    CountDownLatch through = new CountDownLatch(1);
    Interruption.ofThisProcess(Thread.currentThread(), through);
    ProcessEnd.prepare();
    switch (arguments[0]) {
      case "sandboxes" -> run(COMMANDS);
      case "server" -> {
        run(SERVER_COMMANDS);
        train(Training::servers);
      }
      default -> {
        run(COMMANDS);
        run(AGENT_COMMANDS);
        train(Training::prompt);
        train(Training::questions);
      }
    }
    through.countDown();
    // The JVM writes the cache on its way out, so it must leave the usual way.
    System.exit(0);
  }

  private static String token() {
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
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
    // An agent that is not there yet is not fetched now: that has time until it is needed.
    run(PROMPT, "DUNES_AGENTS_OFFLINE", "/nonexistent");
  }

  private static void run(List<String> command, String variable, String value) {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put(variable, value);
    Console ours = Console.ofThisProcess("ds", Interruption.none());
    try (Console console = ours.with(environment)) {
      new Cli(console).run(command.toArray(String[]::new));
    }
  }

  /** What is asked of a server in another process: those who ask do not load what it does. */
  private static void questions() {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "server",
            "--host",
            "127.0.0.1",
            "--port",
            "0");
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().put("DUNES_TOKEN", TOKEN);
    try {
      Process server = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
      // Also when this takes too long and is left behind: nobody may find it open afterwards.
      Runtime.getRuntime().addShutdownHook(new Thread(server::destroy));
      try (BufferedReader out = server.inputReader()) {
        String ready = String.valueOf(out.readLine());
        String uri = ready.substring(ready.lastIndexOf(' ') + 1);
        for (List<String> asked : ASKED) {
          run(Stream.concat(asked.stream(), Stream.of(uri)).toList(), "DUNES_TOKEN", TOKEN);
        }
      } finally {
        server.destroy();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Servers of both verbs from their start to their end. */
  private static void servers() {
    List<String> anywhere = List.of("--host", "127.0.0.1", "--port", "0");
    serve("serve", anywhere, "SANDSTORM_API_KEY", uri -> {});
    serve("server", anywhere, "DUNES_TOKEN", uri -> HostedTraining.in(uri, TOKEN));
  }

  /** What is asked of a server that is ready. */
  private interface Asked {
    void of(URI server) throws IOException;
  }

  private static void serve(String verb, List<String> options, String tokenVariable, Asked asked) {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put(tokenVariable, TOKEN);
    try (PipedInputStream out = new PipedInputStream();
        BufferedReader lines = new BufferedReader(new InputStreamReader(out, UTF_8))) {
      Console ours =
          Console.ofThisProcess("ds", Interruption.none())
              .with(environment)
              .with(new PipedOutputStream(out));
      List<String> words = Stream.concat(Stream.of(verb), options.stream()).toList();
      Thread serving =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                try (ours) {
                  new Cli(ours).run(words.toArray(String[]::new));
                }
              });
      String ready = String.valueOf(lines.readLine());
      URI uri = URI.create(ready.substring(ready.lastIndexOf(' ') + 1));
      try (InputStream health = uri.resolve("/health").toURL().openStream()) {
        health.readAllBytes();
        asked.of(uri);
      } finally {
        serving.interrupt();
        serving.join();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
