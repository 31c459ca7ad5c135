package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.file.Path;

/** placeholder, replaced below */
final class ImageArchive {
  private ImageArchive() {}

  static Path unpacked(Path archive, Path images) throws IOException {
    throw new IOException("not an image archive: " + archive + " in " + images);
  }
}
