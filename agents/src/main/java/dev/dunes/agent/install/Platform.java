package dev.dunes.agent.install;

import dev.dunes.agent.AgentException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What this machine runs, in the words of npm packages: {@code linux-x64}, {@code …-musl}. */
final class Platform {
  private Platform() {}

  /** This machine's. */
  static String current() {
    return of(System.getProperty("os.name"), System.getProperty("os.arch"), Path.of("/lib"));
  }

  static String of(String system, String processor, Path lib) {
    if (!system.toLowerCase(Locale.ROOT).equals("linux")) {
      throw unsupported(system, processor);
    }
    String cpu =
        switch (processor) {
          case "amd64", "x86_64" -> "x64";
          case "aarch64", "arm64" -> "arm64";
          default -> throw unsupported(system, processor);
        };
    return "linux-" + cpu + (musl(lib) ? "-musl" : "");
  }

  /** A machine has musl's loader and not glibc's when musl is its own C library. */
  private static boolean musl(Path lib) {
    return List.of("x86_64", "aarch64").stream()
            .anyMatch(cpu -> Files.exists(lib.resolve("ld-musl-" + cpu + ".so.1")))
        && !glibc(lib);
  }

  private static boolean glibc(Path lib) {
    return Files.exists(lib.resolveSibling("lib64").resolve("ld-linux-x86-64.so.2"))
        || Files.exists(lib.resolve("ld-linux-aarch64.so.1"));
  }

  private static AgentException unsupported(String system, String processor) {
    return new AgentException(
        "install_failed",
        "there are no agents for %s on %s".formatted(system, processor),
        "use Linux on x86_64 or aarch64",
        null);
  }
}
