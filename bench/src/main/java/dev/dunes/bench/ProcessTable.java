package dev.dunes.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The processes of this machine at one moment. */
final class ProcessTable {
  private final Map<Long, List<String>> arguments = new HashMap<>();
  private final Map<Long, Long> parents = new HashMap<>();
  private final Map<Long, List<Long>> children = new HashMap<>();

  private ProcessTable() {}

  static ProcessTable read() throws IOException {
    ProcessTable table = new ProcessTable();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path each : processes) {
        table.add(each);
      }
    }
    return table;
  }

  private void add(Path process) {
    try {
      long pid = Long.parseLong(process.getFileName().toString());
      // "pid (name) state ppid …": the name may hold anything, so from its last bracket on
      String stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
      long parent = Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[1]);
      String line = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
      arguments.put(pid, line.isEmpty() ? List.of() : List.of(line.split("\0")));
      parents.put(pid, parent);
      children.computeIfAbsent(parent, p -> new ArrayList<>()).add(pid);
    } catch (IOException e) {
      return; // it ended while we looked
    }
  }

  List<String> arguments(long pid) {
    return arguments.getOrDefault(pid, List.of());
  }

  long parent(long pid) {
    return parents.getOrDefault(pid, 0L);
  }

  List<Long> children(long pid) {
    return children.getOrDefault(pid, List.of());
  }

  /** Those one of whose arguments contains this text. */
  List<Long> withArgument(String text) {
    return arguments.entrySet().stream()
        .filter(
            process -> process.getValue().stream().anyMatch(argument -> argument.contains(text)))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** These and all that descend from them. */
  Set<Long> trees(Collection<Long> roots) {
    Set<Long> found = new LinkedHashSet<>();
    Deque<Long> open = new ArrayDeque<>(roots);
    while (!open.isEmpty()) {
      long pid = open.pop();
      if (found.add(pid)) {
        open.addAll(children(pid));
      }
    }
    return found;
  }
}
