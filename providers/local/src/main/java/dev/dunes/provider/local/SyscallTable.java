package dev.dunes.provider.local;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The system calls of an architecture.
 *
 * @param auditArch the kernel's AUDIT_ARCH value, which seccomp gives a filter at offset 4
 * @param names names by number, from the kernel's {@code unistd.h}
 */
record SyscallTable(int auditArch, TreeMap<Integer, String> names) {
  private static final Map<String, Integer> AUDIT_ARCHES =
      Map.of("x86_64", 0xC000003E, "aarch64", 0xC00000B7);

  static boolean knows(String architecture) {
    return AUDIT_ARCHES.containsKey(architecture);
  }

  static SyscallTable of(String architecture) {
    Integer audit = AUDIT_ARCHES.get(architecture);
    if (audit == null) {
      throw new IllegalArgumentException("no system call table for " + architecture);
    }
    String resource = "syscalls-" + architecture + ".txt";
    try (InputStream in = SyscallTable.class.getResourceAsStream(resource);
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(
                    java.util.Objects.requireNonNull(in, resource), StandardCharsets.US_ASCII))) {
      return new SyscallTable(
          audit,
          lines
              .lines()
              .map(line -> line.split(" ", 2))
              .collect(
                  Collectors.toMap(
                      part -> Integer.valueOf(part[0]),
                      part -> part[1],
                      (a, b) -> a,
                      TreeMap::new)));
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }
}
