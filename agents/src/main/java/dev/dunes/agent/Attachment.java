package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/** Something that goes with a message of the user. */
public sealed interface Attachment {
  /**
   * A picture.
   *
   * @param mime such as {@code image/png}
   * @param data its bytes, not copied
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Image(String mime, byte[] data) implements Attachment {
    public Image {
      requireNonNull(mime, "mime");
      requireNonNull(data, "data");
    }
  }

  /**
   * A file that is in the sandbox already.
   *
   * @param path absolute, in the sandbox
   */
  record File(String path, Optional<String> mime) implements Attachment {
    public File {
      requireNonNull(path, "path");
      requireNonNull(mime, "mime");
    }
  }
}
