package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Adds up what a sandbox has written. Never follows a link; what disappears meanwhile does not
 * count.
 */
final class DiskUsage extends SimpleFileVisitor<Path> {
  private static final int BLOCK = 512;

  private long bytes;

  static long of(Path directory) throws IOException {
    DiskUsage usage = new DiskUsage();
    Files.walkFileTree(directory, usage);
    return usage.bytes;
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
    bytes += Math.ceilDiv(attributes.size(), BLOCK) * BLOCK;
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFileFailed(Path file, IOException gone) {
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult postVisitDirectory(
      Path directory, @org.jspecify.annotations.Nullable IOException gone) {
    return FileVisitResult.CONTINUE;
  }
}
