package dev.dunes.agent.install;

import dev.dunes.agent.AgentException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What this machine runs, in the words of npm packages: {@code linux-x64}, {@code …-musl}. */
final class Platform {
  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

  private Platform() {}

  /**
   * The package of a pin that runs on this machine; one for processors without AVX2 ({@code
   * linux-x64-baseline}) where that is missing and the agent has one.
   */
  static Optional<PinnedPackage> choose(Map<String, PinnedPackage> packages) {
    return choose(packages, current(), PROCESSOR);
  }

  static Optional<PinnedPackage> choose(
      Map<String, PinnedPackage> packages, String platform, Path processor) {
    String baseline = platform.replace("-x64", "-x64-baseline");
    return packages.containsKey(baseline) && !avx2(processor)
        ? Optional.of(packages.get(baseline))
        : Optional.ofNullable(packages.get(platform));
  }

  private static boolean avx2(Path processor) {
    try (Stream<String> lines = Files.lines(processor)) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .anyMatch(line -> List.of(line.split("\\s+")).contains("avx2"));
    } catch (IOException | UncheckedIOException e) {
      return false; // what needs less runs everywhere
    }
  }

  /** This machine's, if there are packages for it at all. */
  static Optional<String> known() {
    try {
      return Optional.of(current());
    } catch (AgentException e) {
      return Optional.empty(); // told when something is to be installed
    }
  }

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
