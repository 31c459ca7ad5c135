package dev.dunes.sandbox;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Replaces the values of secrets by {@code ***} in what commands write, also where a value is cut
 * by the edge of a chunk. Immutable; {@link #filter} gives the part that remembers.
 *
 * <p>It covers slips, not intent: a command that encodes a secret can still show it.
 */
public final class SecretMask {
  private static final byte[] STARS = "***".getBytes(StandardCharsets.US_ASCII);
  private static final List<String> TELLING = List.of("PASSWORD", "TOKEN", "KEY", "SECRET");
  private static final int SHORTEST = 5;

  /** Longest first, so that a secret that begins with another one is replaced as a whole. */
  private final List<byte[]> secrets;

  private final boolean[] first = new boolean[256];

  private SecretMask(Collection<String> values) {
    List<byte[]> bytes = new ArrayList<>();
    values.stream().distinct().forEach(v -> bytes.add(v.getBytes(StandardCharsets.UTF_8)));
    bytes.sort(Comparator.comparingInt((byte[] b) -> b.length).reversed());
    this.secrets = List.copyOf(bytes);
    secrets.forEach(secret -> first[secret[0] & 0xFF] = true);
  }

  /**
   * A mask of the values of secret variables: those longer than 4 characters whose name contains
   * PASSWORD, TOKEN, KEY or SECRET in any case.
   */
  public static SecretMask of(Map<String, String> env) {
    return new SecretMask(
        env.entrySet().stream()
            .filter(variable -> isSecret(variable.getKey(), variable.getValue()))
            .map(Map.Entry::getValue)
            .toList());
  }

  /** A mask of the secret variables of a sandbox and of a command in it. */
  public static SecretMask of(SandboxSpec spec, Command command) {
    // not one map: a variable the command overrides is still a secret of the sandbox
    List<String> values = new ArrayList<>();
    for (Map<String, String> env : List.of(spec.env(), command.env())) {
      env.forEach((name, value) -> {
        if (isSecret(name, value)) {
          values.add(value);
        }
      });
    }
    return new SecretMask(values);
  }

  /** Whether there is nothing to mask. */
  public boolean isEmpty() {
    return secrets.isEmpty();
  }

  /** A whole text, masked. */
  public String apply(String text) {
    return new String(apply(text.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
  }

  /** A whole output, masked. */
  public byte[] apply(byte[] data) {
    Filter filter = filter();
    byte[] most = filter.add(data);
    byte[] rest = filter.end();
    if (rest.length == 0) {
      return most;
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream(most.length + rest.length);
    all.writeBytes(most);
    all.writeBytes(rest);
    return all.toByteArray();
  }

  /** Masks one channel as it comes. */
  public Filter filter() {
    return new Filter();
  }

  /** A running command whose output is masked. */
  public RunningCommand on(RunningCommand command) {
    return isEmpty() ? command : new MaskedCommand(command, this);
  }

  private static boolean isSecret(String name, String value) {
    String upper = name.toUpperCase(Locale.ROOT);
    return value.length() >= SHORTEST && TELLING.stream().anyMatch(upper::contains);
  }

  /**
   * What one channel's bytes become. Holds back at most as much as the longest secret. Not safe for
   * several threads.
   */
  public final class Filter {
    private byte[] held = new byte[0];

    private Filter() {}

    /** The next bytes; what may be the beginning of a secret is held back. */
    public byte[] add(byte[] data) {
      if (secrets.isEmpty()) {
        return data;
      }
      byte[] all = held.length == 0 ? data : joined(held, data);
      return scan(all, false);
    }

    /** What was held back, at the end. */
    public byte[] end() {
      return scan(held, true);
    }

    private byte[] scan(byte[] all, boolean ended) {
      ByteArrayOutputStream out = new ByteArrayOutputStream(all.length);
      int copied = 0;
      int at = 0;
      while (at < all.length) {
        int match = first[all[at] & 0xFF] ? match(all, at, ended) : 0;
        if (match == 0) {
          at++;
          continue;
        }
        out.write(all, copied, at - copied);
        if (match < 0) {
          held = Arrays.copyOfRange(all, at, all.length);
          return out.toByteArray();
        }
        out.writeBytes(STARS);
        at += match;
        copied = at;
      }
      held = new byte[0];
      if (copied == 0) {
        return all;
      }
      out.write(all, copied, all.length - copied);
      return out.toByteArray();
    }

    /**
     * The length of the longest secret here; −1 when more bytes could make one, or a longer one;
     * else 0.
     */
    private int match(byte[] all, int at, boolean ended) {
      for (byte[] secret : secrets) {
        int length = Math.min(secret.length, all.length - at);
        if (Arrays.equals(secret, 0, length, all, at, at + length)) {
          if (length == secret.length) {
            return length;
          }
          if (!ended) {
            return -1;
          }
        }
      }
      return 0;
    }

    private static byte[] joined(byte[] a, byte[] b) {
      byte[] both = Arrays.copyOf(a, a.length + b.length);
      System.arraycopy(b, 0, both, a.length, b.length);
      return both;
    }
  }
}
