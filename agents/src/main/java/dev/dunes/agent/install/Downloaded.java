package dev.dunes.agent.install;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.InstallProgress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/** Writes what is downloaded to a file, and lets it stand only when it is what was pinned. */
final class Downloaded {
  private static final int BUFFER = 1 << 16;

  /** No package of an agent is near this; what is longer is not what was pinned. */
  private static final long LIMIT = 2L << 30;

  private Downloaded() {}

  /**
   * Copies to the end and compares.
   *
   * @param total bytes expected, −1 when unknown
   */
  static void write(
      InputStream in,
      long total,
      Path file,
      PinnedPackage wanted,
      String step,
      InstallProgress progress)
      throws IOException {
    MessageDigest digest = Integrity.digest();
    long done = 0;
    byte[] buffer = new byte[BUFFER];
    progress.step(step, 0, total);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
        digest.update(buffer, 0, n);
        done += n;
        progress.step(step, done, total);
        if (done > LIMIT) {
          throw mismatch(wanted, "more than " + LIMIT + " bytes came");
        }
      }
    }
    if (total >= 0 && done < total) {
      throw new IOException("only %d of %d bytes came".formatted(done, total));
    }
    byte[] hash = digest.digest();
    if (!wanted.integrity().matches(hash)) {
      throw mismatch(
          wanted, "%d bytes came that hash to %s".formatted(done, Integrity.ofHash(hash)));
    }
  }

  static AgentException mismatch(PinnedPackage wanted, String why) {
    return InstallFailure.of(
        "%s is not what was pinned (%s): %s".formatted(wanted, wanted.integrity(), why),
        "somebody changed the package, or the registry is not to be trusted; nothing was installed");
  }
}
