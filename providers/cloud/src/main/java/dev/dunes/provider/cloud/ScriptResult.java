package dev.dunes.provider.cloud;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import java.nio.charset.StandardCharsets;

/**
 * What a script of ours gave.
 *
 * @param code its exit code
 * @param output what it wrote
 * @param complaint the last line it wrote to standard error
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
record ScriptResult(String provider, String id, int code, byte[] output, String complaint) {
  String text() {
    return new String(output, StandardCharsets.UTF_8);
  }

  /** Throws when it failed. */
  ScriptResult require(String what) {
    if (code != 0) {
      throw new ProviderException(
          "%s (exit %d): %s".formatted(what, code, complaint),
          ErrorDetails.at(provider, id)
              .withRemedy("the sandbox needs a POSIX shell, coreutils and grep"));
    }
    return this;
  }
}
