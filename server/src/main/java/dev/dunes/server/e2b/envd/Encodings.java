package dev.dunes.server.e2b.envd;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.Deflater;

/** Whether a file is sent as it is or compressed. RFC 9110 12.5.3; E2B wire 2.6, and 4, 8. */
enum Encodings {
  IDENTITY,
  GZIP,
  /** The client takes both: compressed if that makes the file smaller. */
  EITHER,
  /** The client takes neither. */
  NONE;

  /** How much of a file tells whether the rest becomes smaller. */
  private static final int SAMPLE = 64 << 10;

  /** Below this, compressing costs more than it saves. */
  private static final long WORTH_IT = 1 << 10;

  private static final Set<String> COMPRESSED =
      Set.of(
          "7z", "avif", "br", "bz2", "docx", "gif", "gz", "jar", "jpeg", "jpg", "mkv", "mov", "mp3",
          "mp4", "ogg", "pdf", "png", "pptx", "rar", "tgz", "webm", "webp", "whl", "woff", "woff2",
          "xlsx", "xz", "zip", "zst");

  /**
   * @param accepted the header {@code Accept-Encoding}
   * @param whole whether the whole file is asked for, under no condition
   */
  static Encodings of(Optional<String> accepted, String name, long size, boolean whole) {
    Map<String, Double> weights = weights(accepted.orElse(""));
    double any = weights.getOrDefault("*", 0.0);
    boolean gzip = weights.getOrDefault("gzip", any) > 0;
    boolean identity = weights.getOrDefault("identity", weights.containsKey("*") ? any : 1) > 0;
    if (!identity) {
      return gzip && whole ? GZIP : NONE;
    }
    return gzip && whole && size >= WORTH_IT && !COMPRESSED.contains(extension(name))
        ? EITHER
        : IDENTITY;
  }

  /**
   * Whether to compress a file that begins so. What is compressed or encrypted already stays as it
   * is: more time would save a tenth at most.
   */
  boolean zips(byte[] beginning, int length) {
    return switch (this) {
      case IDENTITY, NONE -> false;
      case GZIP -> true;
      case EITHER -> {
        int sample = Math.min(SAMPLE, length);
        try (Deflater deflater = new Deflater(Deflater.BEST_SPEED, true)) {
          deflater.setInput(beginning, 0, sample);
          deflater.finish();
          yield smaller(deflater, sample);
        }
      }
    };
  }

  private static boolean smaller(Deflater deflater, int size) {
    deflater.deflate(new byte[size - size / 10]);
    return deflater.finished(); // else it needs more room
  }

  private static String extension(String name) {
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  private static Map<String, Double> weights(String header) {
    Map<String, Double> weights = new HashMap<>();
    for (String item : header.split(",")) {
      String[] parts = item.split(";", 2);
      String coding = parts[0].strip().toLowerCase(Locale.ROOT);
      if (!coding.isEmpty()) {
        weights.put(coding, parts.length == 2 ? weight(parts[1].strip()) : 1.0);
      }
    }
    return weights;
  }

  /** What is no weight counts as one, as a client that sends it wants the coding. */
  private static double weight(String parameter) {
    return parameter.matches("(?i)q\\s*=\\s*[01](\\.\\d{0,3})?")
        ? Double.parseDouble(parameter.substring(parameter.indexOf('=') + 1).strip())
        : 1.0;
  }
}
