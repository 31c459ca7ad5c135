package dev.dunes.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The arguments as they were given. In a locale without UTF-8 the JVM decodes each byte beyond
 * ASCII to U+FFFD and cannot be told otherwise; the kernel still has them.
 */
final class RawArguments {
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  private RawArguments() {}

  static String[] of(String[] decoded) {
    for (String argument : decoded) {
      if (argument.indexOf('\uFFFD') >= 0) {
        return reread(decoded);
      }
    }
    return decoded;
  }

  private static String[] reread(String[] decoded) {
    try {
      String line = new String(Files.readAllBytes(COMMAND_LINE), StandardCharsets.UTF_8);
      // Each argument ends with NUL, also the last one; a limit keeps empty ones.
      String[] all = line.split("\0", -1);
      int end = all.length - 1;
      int start = end - decoded.length;
      return start < 0 ? decoded : Arrays.copyOfRange(all, start, end);
    } catch (IOException e) {
      return decoded; // no /proc here: what the JVM made of them has to do
    }
  }
}
