package dev.dunes.hosting;

import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Real local sandboxes in a state directory of this JVM's own, and waiting for what they do. */
final class Ground {
  static final AccountLimits MANY = AccountLimits.DEFAULT.with(Map.of("concurrent", "500"));
  private static final Path STATE = temporary();
  private static final Sandboxes SANDBOXES = open();

  private Ground() {}

  static Sandboxes sandboxes() {
    return SANDBOXES;
  }

  static Path state() {
    return STATE;
  }

  static HostingConfig.Builder config(Path directory) {
    return HostingConfig.builder(directory.resolve("hosting"), Ground::sandboxes).limits(MANY);
  }

  /** The ids of the provider's sandboxes that belong to this hosting's sandbox. */
  static List<String> atProvider(String hosted) {
    return SANDBOXES.list(Map.of(Ledger.LABEL_SANDBOX, hosted)).stream()
        .map(info -> info.id())
        .toList();
  }

  static void await(String what, BooleanSupplier holds) {
    Instant limit = Instant.now().plus(Duration.ofSeconds(60));
    while (!holds.getAsBoolean()) {
      if (Instant.now().isAfter(limit)) {
        throw new AssertionError("60 s passed: " + what);
      }
      Thread.onSpinWait();
      try {
        Thread.sleep(Duration.ofMillis(10));
      } catch (InterruptedException e) {
        throw new AssertionError(what, e);
      }
    }
  }

  /** What a line of shell prints in a sandbox. */
  static String sh(Hosting hosting, Account account, String id, String line) {
    try {
      return hosting.use(account, id, open -> open.sandbox().exec(line).stdout());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Ends all that is left of an account's. */
  static void clear(Hosting hosting, Account account) {
    hosting.list(account).forEach(sandbox -> hosting.kill(account, sandbox.id()));
  }

  static Optional<Boolean> memory(boolean kept) {
    return Optional.of(kept);
  }

  private static Path temporary() {
    try {
      // Sandboxes run as another user, who must be able to reach what they are shown.
      return Files.createTempDirectory(
          "dunes-hosting-",
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Sandboxes open() {
    Map<String, String> variables = new HashMap<>(System.getenv());
    variables.put("DUNES_STATE", STATE.toString());
    Sandboxes sandboxes =
        Sandboxes.builder()
            .settings(new ProviderSettings(Map.of(), variables))
            .defaultProvider("local")
            .build();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> clear(sandboxes)));
    return sandboxes;
  }

  private static void clear(Sandboxes sandboxes) {
    sandboxes.cleanup(Map.of(), false);
    sandboxes.close();
    try (Stream<Path> walk = Files.walk(STATE)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
