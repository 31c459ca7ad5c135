package dev.dunes.provider.modal;

import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Takes the line with the process id out of the beginning of a command's standard error. Only one
 * thread gives it bytes.
 */
final class PidLine {
  static final String PREFIX = "dunes-pid ";
  private static final int LONGEST = PREFIX.length() + 20;
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final CompletableFuture<OptionalLong> pid = new CompletableFuture<>();
  private final ByteArrayOutputStream held = new ByteArrayOutputStream();
  private boolean over;

  /** What of these bytes, and of those before, is the command's. */
  byte[] take(byte[] data) {
    if (over) {
      return data;
    }
    held.writeBytes(data);
    byte[] all = held.toByteArray();
    int end = 0;
    while (end < all.length && all[end] != '\n') {
      end++;
    }
    String line = new String(all, 0, end, StandardCharsets.ISO_8859_1);
    if (end == all.length
        && end < LONGEST
        && (PREFIX.startsWith(line) || line.startsWith(PREFIX))) {
      return new byte[0];
    }
    over = true;
    if (end < all.length && line.matches(PREFIX + "[0-9]{1,18}")) {
      pid.complete(OptionalLong.of(Long.parseLong(line.substring(PREFIX.length()))));
      return Arrays.copyOfRange(all, end + 1, all.length);
    }
    none();
    return all;
  }

  /** Nothing follows: what was held is the command's after all. */
  byte[] end() {
    none();
    byte[] rest = over ? new byte[0] : held.toByteArray();
    over = true;
    return rest;
  }

  void none() {
    pid.complete(OptionalLong.empty());
  }

  /** Waits for it a little. */
  OptionalLong get() {
    try {
      return pid.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return OptionalLong.empty();
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for a process id", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("nobody completes it so", e);
    }
  }
}
