package dev.dunes.provider.cloud;

import dev.dunes.guest.Uninterrupted;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException.Reason;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.WriteOptions;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.UUID;

/** A file on its way into a sandbox: written beside its place, then put there. */
final class ShellWrite extends OutputStream {
  private static final int BUFFER = 64 << 10;

  private final CloudSandbox sandbox;
  private final String shown;
  private final WriteOptions options;
  private final String target;
  private final String staged;
  private final FilePut put;
  private final OutputStream out;
  private final AutoCloseable abandoned = this::abandon;
  private boolean broken;
  private boolean closed;

  private ShellWrite(
      CloudSandbox sandbox, String shown, WriteOptions options, String target, String staged) {
    this.sandbox = sandbox;
    this.shown = shown;
    this.options = options;
    this.target = target;
    this.staged = staged;
    this.put = opened(sandbox, staged);
    this.out = new BufferedOutputStream(put, BUFFER);
    sandbox.remember(abandoned);
  }

  private static FilePut opened(CloudSandbox sandbox, String staged) {
    try {
      return sandbox.put(staged);
    } catch (RuntimeException | Error e) {
      discard(sandbox, staged);
      throw e;
    }
  }

  static ShellWrite open(CloudSandbox sandbox, String shown, String path, WriteOptions options) {
    ScriptResult prepared =
        sandbox.script(
            FileScripts.PREPARE,
            path,
            bit(options.createParents()),
            bit(options.exclusive()),
            UUID.randomUUID().toString());
    if (prepared.code() != 0) {
      throw FileProblems.of(sandbox, shown, prepared.complaint());
    }
    String[] paths = prepared.text().split("\0", -1);
    if (paths.length != 2 || !paths[0].startsWith("/") || !paths[1].startsWith("/")) {
      throw FileProblems.of(sandbox, shown, "dunes: " + Reason.IO);
    }
    return new ShellWrite(sandbox, shown, options, paths[0], paths[1]);
  }

  static String bit(boolean value) {
    return value ? "1" : "0";
  }

  static String mode(WriteOptions options) {
    return options.mode().isPresent() ? Integer.toOctalString(options.mode().getAsInt()) : "";
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    whole(() -> out.write(bytes, offset, length));
  }

  @Override
  public void flush() throws IOException {
    whole(out::flush);
  }

  private interface Writing {
    void run() throws IOException;
  }

  /** What was written in part only is not put in place, whatever its writer makes of the error. */
  private void whole(Writing writing) throws IOException {
    checkOpen();
    broken = true;
    writing.run();
    broken = false;
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("the file was closed");
    }
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    boolean done = false;
    try {
      if (broken) {
        put.cancel();
        throw new IOException("a part could not be written: the file is as it was");
      }
      out.close();
      commit();
      done = true;
    } catch (SandboxException e) {
      throw new IOException(e.getMessage(), e);
    } finally {
      sandbox.forget(abandoned);
      if (!done) {
        discard();
      }
    }
  }

  private void commit() {
    ScriptResult result =
        sandbox.script(
            FileScripts.COMMIT,
            target,
            staged,
            bit(options.append()),
            bit(options.exclusive()),
            bit(options.atomic()),
            mode(options));
    if (result.code() != 0) {
      throw FileProblems.of(sandbox, shown, result.complaint());
    }
  }

  /** Its sandbox's handle was closed before it was. */
  void abandon() {
    if (!closed) {
      closed = true;
      sandbox.forget(abandoned);
      put.cancel();
      discard();
    }
  }

  private void discard() {
    discard(sandbox, staged);
  }

  private static void discard(CloudSandbox sandbox, String staged) {
    Uninterrupted.run(() -> {
      try {
        sandbox.scriptAnywhere(FileScripts.DISCARD, staged);
      } catch (SandboxNotFoundException e) {
        CloudProvider.log().debug("a file was gone with its sandbox {}", sandbox.id());
      } catch (SandboxException e) {
        CloudProvider.log().warn("{} may be left in sandbox {}", staged, sandbox.id(), e);
      }
      return true;
    });
  }
}
