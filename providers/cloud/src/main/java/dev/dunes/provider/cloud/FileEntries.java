package dev.dunes.provider.cloud;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.FileEntry.Kind;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads what {@link FileScripts#STAT} and {@link FileScripts#LIST} write. */
final class FileEntries {
  /** Parents first, names in the order of their bytes. */
  private static final Comparator<FileEntry> ORDER =
      (one, two) ->
          Arrays.compare(
              one.path().split("/", -1), two.path().split("/", -1), FileEntries::byBytes);

  /** No exponents: a number with a large one would take all memory there is. */
  private static final Pattern SECONDS = Pattern.compile("-?[0-9]{1,18}([.][0-9]{1,20})?");

  private static final int FIELDS = 6;
  private static final int TYPE_BITS = 0170000;

  private FileEntries() {}

  static List<FileEntry> read(byte[] output) {
    List<FileEntry> entries = new ArrayList<>();
    int at = 0;
    while (at < output.length) {
      String[] parts = new String[3];
      for (int i = 0; i < parts.length; i++) {
        int end = at;
        while (end < output.length && output[end] != 0) {
          end++;
        }
        parts[i] = new String(output, at, end - at, StandardCharsets.UTF_8);
        at = end + 1;
      }
      entry(parts[0], parts[1], parts[2]).ifPresent(entries::add);
    }
    entries.sort(ORDER);
    return List.copyOf(entries);
  }

  /** Empty when it went away while it was looked at, or what was said makes no sense. */
  private static Optional<FileEntry> entry(String facts, String path, String link) {
    String[] words = facts.split(" ", -1);
    if (words.length != FIELDS || words[0].isEmpty()) {
      return Optional.empty();
    }
    try {
      boolean raw = words[0].charAt(0) == 'x';
      int bits = raw ? Integer.parseInt(words[0].substring(1), 16) : 0;
      Kind kind = raw ? kind(bits & TYPE_BITS) : kind(words[0].charAt(0));
      int mode = raw ? bits & 07777 : Integer.parseInt(words[1], 8);
      String target = raw && link.endsWith("\n") ? link.substring(0, link.length() - 1) : link;
      return Optional.of(
          new FileEntry(
              path,
              kind,
              mode,
              Long.parseLong(words[2]),
              instant(words[3]),
              Integer.parseUnsignedInt(words[4]),
              Integer.parseUnsignedInt(words[5]),
              kind == Kind.SYMLINK ? Optional.of(target) : Optional.empty()));
    } catch (NumberFormatException | ArithmeticException | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Kind kind(char letter) {
    return switch (letter) {
      case 'f' -> Kind.FILE;
      case 'd' -> Kind.DIRECTORY;
      case 'l' -> Kind.SYMLINK;
      default -> Kind.OTHER;
    };
  }

  private static Kind kind(int type) {
    return switch (type) {
      case 0100000 -> Kind.FILE;
      case 0040000 -> Kind.DIRECTORY;
      case 0120000 -> Kind.SYMLINK;
      default -> Kind.OTHER;
    };
  }

  private static Instant instant(String seconds) {
    if (!SECONDS.matcher(seconds).matches()) {
      throw new NumberFormatException(seconds);
    }
    BigDecimal exact = new BigDecimal(seconds);
    BigDecimal whole = exact.setScale(0, java.math.RoundingMode.FLOOR);
    return Instant.ofEpochSecond(
        whole.longValueExact(), exact.subtract(whole).movePointRight(9).longValue());
  }

  private static int byBytes(String one, String two) {
    return Arrays.compareUnsigned(
        one.getBytes(StandardCharsets.UTF_8), two.getBytes(StandardCharsets.UTF_8));
  }
}
