package dev.dunes.provider.local.abuse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The processes of this machine as its own user sees them. */
final class HostProcesses {
  private HostProcesses() {}

  /** Those with this text among their arguments. */
  static List<Long> with(String argument) {
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.map(ProcessHandle::pid)
          .filter(pid -> file(pid, "cmdline").contains(argument))
          .toList();
    }
  }

  /** Those of a user. */
  static List<Long> of(int uid) {
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.map(ProcessHandle::pid)
          .filter(pid -> file(pid, "status").contains("\nUid:\t" + uid + "\t"))
          .toList();
    }
  }

  private static String file(long pid, String name) {
    try {
      return new String(
          Files.readAllBytes(Path.of("/proc/" + pid + "/" + name)), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // it has ended
    }
  }

  /** The guest of a sandbox, by what its runtime wrote down. */
  static long guest(Path directory) throws IOException {
    if (Files.exists(directory.resolve("runtime/pid"))) {
      return Long.parseLong(Files.readString(directory.resolve("runtime/pid")).strip());
    }
    String text = Files.readString(directory.resolve("info.json"));
    return Long.parseLong(text.replaceAll("(?s).*\"child-pid\":\\s*(\\d+).*", "$1"));
  }

  static void signal(String signal, long pid) {
    Ground.run(List.of("kill", "-" + signal, Long.toString(pid)));
  }
}
