package dev.dunes.provider.local;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A sparse file with an ext4 file system of a fixed size. One of each size is kept, and the
 * launcher copies its few blocks: {@code mkfs} waits for the disk.
 */
final class DiskImage {
  private static final int LIMIT_SECONDS = 60;

  private DiskImage() {}

  /**
   * What images of a size are copied from.
   *
   * @param masters where one of each size is kept
   */
  static Path master(Path mkfs, Path masters, long bytes) throws IOException {
    return master(mkfs, masters, bytes, false);
  }

  /** Makes an image with a file system that outlives a crash of the machine. */
  static void makeLasting(Path mkfs, Path masters, Path image, long bytes) throws IOException {
    Path master = master(mkfs, masters, bytes, true);
    run(List.of("cp", "--sparse=always", "--reflink=auto", master.toString(), image.toString()));
  }

  private static Path master(Path mkfs, Path masters, long bytes, boolean lasting)
      throws IOException {
    String name = "disk-%s-%d".formatted(lasting ? "lasting" : "packed", bytes);
    Path master = masters.resolve(name + ".img");
    if (!Files.exists(master)) {
      Path part = masters.resolve(".%s-%x".formatted(name, ThreadLocalRandom.current().nextLong()));
      try {
        format(mkfs, part, bytes, lasting);
        Files.move(part, master, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(part);
      }
    }
    return master;
  }

  private static void format(Path mkfs, Path image, long bytes, boolean lasting)
      throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
    }
    // without a journal a file system does not outlive a crash of the machine, and need not,
    // mostly; nothing reserved: root does not write here; what is never resized needs no room for
    // that, which every copy would have to have; nor does what nobody repairs need copies of its
    // superblock all over the file: removing a file takes the longer the more pieces it has, where
    // the host's file system tells its disk of each that is free
    run(
        List.of(
            mkfs.toString(),
            "-q",
            "-F",
            "-m",
            "0",
            "-O",
            lasting ? "has_journal" : "^has_journal,^resize_inode,sparse_super2",
            "-E",
            lasting
                ? "lazy_itable_init=1,nodiscard"
                : "lazy_itable_init=1,nodiscard,packed_meta_blocks=1,num_backup_sb=0",
            image.toString()));
  }

  private static void run(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(command.getFirst() + " failed: " + said.strip());
      }
    } catch (InterruptedException e) {
      throw new dev.dunes.sandbox.SandboxInterruptedException("making a disk image", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
