package dev.dunes.provider.host;

import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Copies trees with everything that belongs to files: modes, times, links, holes. */
final class FileCopy {
  private FileCopy() {}

  /** Makes the directory {@code to} a copy of {@code from}. */
  static void copy(Path from, Path to) throws IOException {
    if (!Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(to);
      return;
    }
    Process copy =
        new ProcessBuilder("cp", "-a", "--", from.toString(), to.toString())
            .redirectErrorStream(true)
            .start();
    try {
      copy.getOutputStream().close();
      String said = new String(copy.getInputStream().readNBytes(4096), StandardCharsets.UTF_8);
      if (copy.waitFor() != 0) {
        throw new IOException("cp: " + said.strip());
      }
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("copying files", e);
    } finally {
      copy.destroyForcibly();
    }
  }
}
