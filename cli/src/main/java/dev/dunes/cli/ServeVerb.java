package dev.dunes.cli;

import dev.dunes.server.DunesServer;
import dev.dunes.server.ServerConfig;
import dev.dunes.server.ServerStartException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code ds serve}: the HTTP server, until it is told to end. */
@CommandLine.Command(
    description = {
      "Serves runs over HTTP until Ctrl-C or SIGTERM.",
      "It is ready once it has printed where. sandstorm.json, .env and config/limits.yaml of this",
      "directory are read again whenever they change.",
      "Runs that live may end first, for DUNES_SHUTDOWN_GRACE seconds (30).",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds serve --host 127.0.0.1",
      "  SANDSTORM_API_KEY=$(openssl rand -hex 32) ds serve -p 9000",
      "  curl -N localhost:8000/query -d '{\"prompt\": \"Say hi\"}'"
    })
final class ServeVerb implements Verb {
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);

  /** Unless DUNES_SHUTDOWN_GRACE says otherwise. */
  private static final Duration GRACE = Duration.ofSeconds(30);

  private final Console console;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "0.0.0.0",
      description = "Where to listen (default: 0.0.0.0, all addresses).")
  private String host = "0.0.0.0";

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      defaultValue = "8000",
      description = "The port, 0 for any (default: 8000).")
  private int port;

  @Option(
      names = "--reload",
      description = "Start anew when one of the files changes, also for what is read only then.")
  private boolean reload;

  ServeVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    if (port < 0 || port > 65535) {
      throw Failure.usage("--port: '%d' cannot be used; use 0 to 65535".formatted(port), "");
    }
    ProjectFiles files = new ProjectFiles(console.directory());
    try {
      do {
        serve(files);
      } while (!Thread.currentThread().isInterrupted());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return ExitCodes.INTERRUPTED;
  }

  /** Serves until told to end, or until a file has changed. */
  private void serve(ProjectFiles files) throws InterruptedException {
    Optional<DunesServer> started = start();
    if (started.isEmpty()) {
      files.awaitChange(LOOK_EVERY);
      return;
    }
    new Serving(console)
        .during(
            started.get(),
            GRACE,
            () -> {
              if (reload) {
                files.awaitChange(LOOK_EVERY);
                console.complain("dunes: a file has changed; starting anew");
              } else {
                new CountDownLatch(1).await(); // nothing but an interruption ends it
              }
            });
  }

  private Optional<DunesServer> start() {
    try {
      return Optional.of(
          DunesServer.start(
              ServerConfig.builder(new LocalRuns(console).serving())
                  .host(host)
                  .port(port)
                  .version(Main.VERSION)
                  .build()));
    } catch (ServerStartException e) {
      if (!reload) {
        throw new Failure(ExitCodes.ERROR, String.valueOf(e.getMessage()), "");
      }
      console.complain("❌ " + Printable.line(String.valueOf(e.getMessage())));
      console.complain("waiting for a file to change");
      return Optional.empty();
    }
  }
}
