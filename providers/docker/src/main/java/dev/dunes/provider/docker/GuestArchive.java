package dev.dunes.provider.docker;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** The guest as an archive a daemon unpacks in a container. */
final class GuestArchive {
  private static final int EVERYONE_RUNS = 0755;

  private GuestArchive() {}

  static byte[] of(byte[] program) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(program.length + (16 << 10));
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(bytes)) {
      TarArchiveEntry directory = new TarArchiveEntry(ContainerRequest.INSIDE.substring(1) + "/");
      directory.setMode(EVERYONE_RUNS);
      out.putArchiveEntry(directory);
      out.closeArchiveEntry();
      TarArchiveEntry file = new TarArchiveEntry(ContainerRequest.GUEST.substring(1));
      file.setMode(EVERYONE_RUNS);
      file.setSize(program.length);
      out.putArchiveEntry(file);
      out.write(program);
      out.closeArchiveEntry();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory has no failures
    }
    return bytes.toByteArray();
  }
}
