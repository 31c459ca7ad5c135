package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxQuotaException;
import java.io.IOException;

/** Failures of this machine's own disk. */
final class LocalErrors {
  private LocalErrors() {}

  static SandboxException disk(String doing, IOException e) {
    String text = String.valueOf(e.getMessage());
    ErrorDetails details = ErrorDetails.cause(e).withProvider(LocalSandboxProvider.NAME);
    if (text.contains("No space left") || text.contains("Disk quota")) {
      return new SandboxQuotaException(
          "cannot %s: the disk is full".formatted(doing),
          details.withRemedy("free some space, or set DUNES_STATE to a directory on another disk"));
    }
    return new ProviderException(
        "cannot %s: %s".formatted(doing, text), details.withRemedy("see `ds doctor`"));
  }
}
