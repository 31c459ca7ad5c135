package dev.dunes.session;

import dev.dunes.sandbox.SecretMask;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * What an agent says on standard error as events: trimmed, secrets masked, at most 8 KiB an event
 * and 256 KiB a run. Query API 2.5.
 */
final class StderrEvents {
  private static final int MOST_PER_EVENT = 8 << 10;
  private static final int MOST_PER_RUN = 256 << 10;

  private final SecretMask mask;
  private int left = MOST_PER_RUN;

  StderrEvents(SecretMask mask) {
    this.mask = mask;
  }

  Optional<RunEvent> event(String text) {
    String masked = mask.apply(text).strip();
    if (masked.isEmpty() || left <= 0) {
      return Optional.empty();
    }
    String cut = cut(masked, Math.min(MOST_PER_EVENT, left));
    left -= cut.getBytes(StandardCharsets.UTF_8).length;
    if (left <= 0 || cut.isEmpty()) {
      left = 0;
      return Optional.of(new RunEvent.Stderr(cut + "\n[standard error is cut off here]"));
    }
    return Optional.of(new RunEvent.Stderr(cut));
  }

  /** At most so many bytes of UTF-8, no character cut in two. */
  static String cut(String text, int mostBytes) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= mostBytes) {
      return text;
    }
    int end = mostBytes;
    while (end > 0 && (bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return new String(Arrays.copyOf(bytes, end), StandardCharsets.UTF_8);
  }
}
