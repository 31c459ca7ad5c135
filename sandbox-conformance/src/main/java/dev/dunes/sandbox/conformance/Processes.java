package dev.dunes.sandbox.conformance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Processes of this machine. */
final class Processes {
  private Processes() {}

  /** Those born with a variable of this value. */
  static List<Long> withVariable(String name, String value) {
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.map(ProcessHandle::pid).filter(pid -> has(pid, name + "=" + value)).toList();
    }
  }

  private static boolean has(long pid, String entry) {
    try {
      byte[] environment = Files.readAllBytes(Path.of("/proc/" + pid + "/environ"));
      return Arrays.asList(new String(environment, StandardCharsets.ISO_8859_1).split("\0"))
          .contains(entry);
    } catch (IOException e) {
      return false; // it has ended
    }
  }
}
