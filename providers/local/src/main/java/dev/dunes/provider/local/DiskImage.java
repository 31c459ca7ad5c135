package dev.dunes.provider.local;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A sparse file with an ext4 file system of a fixed size. */
final class DiskImage {
  private static final int MKFS_LIMIT_SECONDS = 60;

  private DiskImage() {}

  static void make(Path mkfs, Path image, long bytes) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
    }
    // no journal: the file system never outlives a crash of the machine; nothing reserved: root
    // does not write here
    Process process =
        new ProcessBuilder(
                mkfs.toString(),
                "-q",
                "-F",
                "-m",
                "0",
                "-O",
                "^has_journal",
                "-E",
                "lazy_itable_init=1,nodiscard",
                image.toString())
            .redirectErrorStream(true)
            .start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(MKFS_LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException("mkfs.ext4 failed: " + said.strip());
      }
    } catch (InterruptedException e) {
      throw new dev.dunes.sandbox.SandboxInterruptedException("making a disk image", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
