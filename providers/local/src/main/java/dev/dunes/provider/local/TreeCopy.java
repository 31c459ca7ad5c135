package dev.dunes.provider.local;

import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Copies what a sandbox wrote, exactly: owners, times, links, extended attributes and the marks
 * overlays leave for removed files. By {@code cp}, which shares blocks where the file system can
 * (reflink) and never follows links of the tree.
 */
final class TreeCopy {
  private static final int LIMIT_MINUTES = 30;

  private TreeCopy() {}

  /** Copies what is in a directory into another, made when missing. */
  static void merge(Path from, Path into) throws IOException {
    Process process =
        new ProcessBuilder(
                "cp",
                "-a",
                "--reflink=auto",
                "--sparse=auto",
                "-T",
                "--",
                from.toString(),
                into.toString())
            .redirectErrorStream(true)
            .start();
    try {
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
        throw new IOException("copying %s failed: %s".formatted(from, said));
      }
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("copying a sandbox's files", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
