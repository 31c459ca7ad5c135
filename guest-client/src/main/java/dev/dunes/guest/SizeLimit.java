package dev.dunes.guest;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.spi.BoundedInput;
import java.io.InputStream;

/** Ends the reading of a file of a sandbox that is larger than its reader wants. */
public final class SizeLimit {
  private SizeLimit() {}

  /**
   * The same, up to a limit.
   *
   * @param path what is read, for the failure
   * @param limit in bytes
   */
  public static InputStream of(InputStream in, String path, long limit) {
    return new BoundedInput(
        in,
        limit,
        () -> {
          throw new SandboxFileException(
              SandboxFileException.Reason.TOO_LARGE,
              path,
              "'%s' is larger than %d bytes".formatted(path, limit),
              ErrorDetails.remedy("allow more, or leave it in the sandbox"));
        });
  }
}
