package dev.dunes.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a reader must know about the machine; names no path and no person. */
final class HostFacts {
  private HostFacts() {}

  static Map<String, String> read(Bench bench) throws IOException, InterruptedException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Date", LocalDate.now(ZoneOffset.UTC).toString());
    facts.put(
        "Processor",
        field("/proc/cpuinfo", "model name")
            + ", "
            + Runtime.getRuntime().availableProcessors()
            + " cores seen");
    long kib = Long.parseLong(field("/proc/meminfo", "MemTotal").replace("kB", "").strip());
    facts.put("Memory", Math.round(kib / 1024.0 / 1024.0) + " GiB");
    facts.put("System", field("/etc/os-release", "PRETTY_NAME", "=").replace("\"", ""));
    facts.put("Kernel", Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
    facts.put("File system", Files.getFileStore(bench.state()).type());
    facts.put("JDK", System.getProperty("java.vendor") + " " + Runtime.version());
    facts.put("bubblewrap", Programs.ask("bwrap", "--version").orElse("none"));
    for (Engine engine : bench.engines()) {
      switch (engine) {
        case CrunEngine _ ->
            facts.put(
                "crun",
                Programs.ask("crun", "--version").orElse("?").lines().findFirst().orElse("?"));
        case DockerEngine _ ->
            facts.put(
                "Docker",
                Programs.ask("docker", "version", "--format", "{{.Server.Version}}").orElse("?"));
        default -> {} // described by the rest
      }
    }
    boolean root = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    facts.put("Run as", root ? "root (own user id for each sandbox)" : "an ordinary user");
    return facts;
  }

  private static String field(String file, String name) throws IOException {
    return field(file, name, ":");
  }

  private static String field(String file, String name, String separator) throws IOException {
    for (String line : Files.readAllLines(Path.of(file))) {
      int at = line.indexOf(separator);
      if (at > 0 && line.substring(0, at).strip().equals(name)) {
        return line.substring(at + 1).strip();
      }
    }
    return "unknown";
  }
}
