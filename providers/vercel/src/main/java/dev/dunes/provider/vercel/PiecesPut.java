package dev.dunes.provider.vercel;

import dev.dunes.provider.cloud.ClearingAway;
import dev.dunes.provider.cloud.FilePut;
import dev.dunes.provider.cloud.HttpPut;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Contents on their way into a file: in pieces, which are put together in the sandbox. */
final class PiecesPut extends FilePut {
  private static final Logger LOG = LoggerFactory.getLogger(PiecesPut.class);
  private static final Duration LIMIT = Duration.ofMinutes(5);

  /** {@code FILE}. */
  private static final String JOIN =
      """
      for f in "$1".[0-9][0-9][0-9][0-9][0-9][0-9]; do
        [ -e "$f" ] || continue
        cat -- "$f" >>"$1" && rm -f -- "$f" || exit 1
      done
      """;

  private static final String DISCARD = "rm -f -- \"$1\".[0-9][0-9][0-9][0-9][0-9][0-9]";

  private final VercelSandbox sandbox;
  private final String path;
  private final HttpPut upload;
  private boolean closed;

  PiecesPut(VercelSandbox sandbox, Machine machine, String path) {
    this.sandbox = sandbox;
    this.path = path;
    this.upload =
        new HttpPut(
            machine.api().http,
            machine
                .call("POST", "/fs/write")
                .header("content-type", "application/gzip")
                .header("x-cwd", "/"),
            contents -> {
              try {
                return new TarPieces(contents, path.substring(1));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  @Override
  public void write(int value) throws IOException {
    upload.write(value);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    upload.write(bytes, offset, length);
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    boolean done = false;
    try {
      upload.close();
      ExecResult joined = run(JOIN);
      if (!joined.success()) {
        throw new ProviderException(
            "the pieces of a file could not be put together: "
                + sandbox.clean(joined.stderr().strip()),
            ErrorDetails.at(sandbox.provider(), sandbox.id())
                .withRemedy("see whether the disk there is full"));
      }
      done = true;
    } catch (SandboxException e) {
      throw new IOException(e.getMessage(), e);
    } finally {
      if (!done) {
        discard();
      }
    }
  }

  @Override
  public void cancel() {
    closed = true;
    upload.cancel();
    discard();
  }

  private void discard() {
    ClearingAway.run(() -> {
      try {
        run(DISCARD);
      } catch (SandboxException e) {
        LOG.debug("pieces of a file may be left in sandbox {}", sandbox.id(), e);
      }
    });
  }

  private ExecResult run(String script) {
    return sandbox.exec(
        Command.builder("/bin/sh", "-c", script, "dunes", path)
            .workingDir("/")
            .env("LC_ALL", "C")
            .timeout(LIMIT)
            .build());
  }
}
