package dev.dunes.provider.local;

import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;

/**
 * The files an image is delivered in: a directory, or an archive. Names are relative, with slashes.
 */
interface ImageSource {
  /** The largest file that is read as a whole: manifests of real images have some kilobytes. */
  int MOST_TEXT = 4 << 20;

  /** How many bytes a file has; empty when it is not there. */
  OptionalLong size(String name) throws IOException;

  /** A file's contents, to be closed. Only for one that is there. */
  InputStream open(String name) throws IOException;

  default boolean has(String name) throws IOException {
    return size(name).isPresent();
  }

  /** A small file as a whole. */
  default byte[] read(String name) throws IOException {
    long size =
        size(name).orElseThrow(() -> BadImage.because("'%s' is missing in it".formatted(name)));
    if (size > MOST_TEXT) {
      throw BadImage.because(
          "'%s' in it has %d bytes, more than any real one".formatted(name, size));
    }
    try (InputStream in = open(name)) {
      return in.readNBytes(MOST_TEXT);
    }
  }
}
