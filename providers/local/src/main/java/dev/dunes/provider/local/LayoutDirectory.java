package dev.dunes.provider.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * A directory in OCI layout. It is the caller's own, so links in it may lead where the caller can
 * read; every blob is checked against its digest.
 *
 * @param directory with {@code oci-layout} and {@code index.json}
 */
record LayoutDirectory(Path directory) implements ImageSource {
  static boolean is(Path directory) {
    return Files.isRegularFile(directory.resolve(OciLayout.MARK))
        && Files.isRegularFile(directory.resolve(OciLayout.INDEX));
  }

  @Override
  public OptionalLong size(String name) throws IOException {
    Path file = directory.resolve(name);
    return Files.isRegularFile(file) ? OptionalLong.of(Files.size(file)) : OptionalLong.empty();
  }

  @Override
  public InputStream open(String name) throws IOException {
    return Files.newInputStream(directory.resolve(name));
  }
}
