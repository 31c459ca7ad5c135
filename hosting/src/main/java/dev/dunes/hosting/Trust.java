package dev.dunes.hosting;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.Sandbox;
import java.time.Duration;
import java.util.Map;

/**
 * Lets programs in a sandbox trust the authority of its way out, beside those that they trust
 * anyway: in files of its own, which the usual variables name.
 */
final class Trust {
  private static final String DIRECTORY = "/tmp/.dunes-trust";
  private static final String ALONE = DIRECTORY + "/authority.pem";
  private static final String ALL = DIRECTORY + "/bundle.pem";
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int OUTPUT = 4096;

  /** What programs look for; Node takes what it finds in addition, the others instead. */
  static final Map<String, String> VARIABLES =
      Map.of(
          "NODE_EXTRA_CA_CERTS", ALONE,
          "SSL_CERT_FILE", ALL,
          "CURL_CA_BUNDLE", ALL,
          "REQUESTS_CA_BUNDLE", ALL,
          "PIP_CERT", ALL,
          "GIT_SSL_CAINFO", ALL,
          "AWS_CA_BUNDLE", ALL,
          "CARGO_HTTP_CAINFO", ALL,
          "DENO_CERT", ALL);

  /** The places where systems keep their own, the first that is there. */
  private static final String SCRIPT =
      """
      set -e
      umask 022
      mkdir -p %1$s
      cat > %2$s
      for own in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
        if [ -r "$own" ]; then cat "$own"; break; fi
      done > %3$s
      cat %2$s >> %3$s
      """
          .formatted(DIRECTORY, ALONE, ALL);

  private Trust() {}

  /**
   * Puts the files into a sandbox that was just made.
   *
   * @param authority in PEM
   * @throws HostingException when that cannot be
   */
  static void in(Sandbox sandbox, String authority) {
    ExecResult done =
        sandbox.exec(
            Command.builder("/bin/sh", "-c", SCRIPT)
                .input(authority)
                .timeout(LIMIT)
                .outputLimit(OUTPUT)
                .build());
    if (!done.success()) {
      throw new HostingException(
          HostingException.Reason.UNAVAILABLE,
          "the certificate of the way out could not be put into the sandbox: " + done.stderr());
    }
  }
}
