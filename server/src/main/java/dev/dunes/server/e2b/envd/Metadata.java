package dev.dunes.server.e2b.envd;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.server.http.Exchange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What clients say about files, kept with them as extended attributes {@code user.e2b.…}. E2B wire
 * 2.6.
 */
final class Metadata {
  static final String ATTRIBUTES = "user.e2b.";

  private static final String HEADER = "x-metadata-";
  private static final int LONGEST_KEY = 246;
  private static final int MOST_BYTES = 4096;

  private final SandboxFiles files;

  Metadata(SandboxFiles files) {
    this.files = files;
  }

  /** Metadata that cannot be kept. The message is for the client. */
  static final class InvalidException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InvalidException(String message) {
      super(message, null, false, false);
    }
  }

  /** What an upload says, by key. */
  static Map<String, String> of(Exchange exchange) {
    Map<String, String> metadata = new LinkedHashMap<>();
    exchange
        .headers()
        .forEach((name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (lower.startsWith(HEADER) && lower.length() > HEADER.length()) {
            metadata.put(lower.substring(HEADER.length()), value);
          }
        });
    int bytes = 0;
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      check(entry.getKey(), entry.getValue());
      bytes += ATTRIBUTES.length() + entry.getKey().length() + entry.getValue().length();
    }
    if (bytes > MOST_BYTES) {
      throw new InvalidException(
          "metadata has %d bytes, and may have %d".formatted(bytes, MOST_BYTES));
    }
    return metadata;
  }

  private static void check(String key, String value) {
    if (key.length() > LONGEST_KEY) {
      throw new InvalidException(
          "metadata key '%s…' is longer than %d bytes"
              .formatted(key.substring(0, 20), LONGEST_KEY));
    }
    if (!value.chars().allMatch(c -> c >= 0x20 && c <= 0x7E)) {
      throw new InvalidException(
          "metadata '%s' may have printable ASCII characters only".formatted(key));
    }
  }

  /** Replaces the metadata of a file. */
  void replace(String path, Map<String, String> metadata) {
    try {
      files.setAttributes(path, ATTRIBUTES, metadata);
    } catch (UnsupportedCapabilityException e) {
      if (!metadata.isEmpty()) {
        throw e;
      }
    }
  }

  /** The metadata of a file. */
  Map<String, String> of(String path) {
    return ask(List.of(path)).getOrDefault(path, Map.of());
  }

  /** The metadata of those entries that are files, by path. */
  Map<String, Map<String, String>> ofFiles(List<String> paths, List<FileEntry> entries) {
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i < paths.size(); i++) {
      if (entries.get(i).isFile()) {
        wanted.add(paths.get(i));
      }
    }
    return ask(wanted);
  }

  private Map<String, Map<String, String>> ask(List<String> paths) {
    try {
      return files.attributes(paths, ATTRIBUTES);
    } catch (UnsupportedCapabilityException e) {
      return Map.of(); // where none can be set, none is
    }
  }
}
