package dev.dunes.provider.cloud;

import dev.dunes.sandbox.SandboxException;
import java.io.IOException;
import java.util.Objects;
import java.util.function.Function;

/**
 * Contents of a file for a vendor who takes only so much at a time: part after part, each added to
 * the file inside the sandbox once it is there.
 */
public final class PartedPut extends FilePut {
  private static final String JOIN = "cat -- \"$2\" >>\"$1\" && rm -f -- \"$2\"";

  private final CloudSandbox sandbox;
  private final String path;
  private final String place;
  private final long most;
  private final Function<String, FilePut> opener;
  private FilePut part;
  private long written;
  private boolean first;

  /**
   * @param place where parts are put, by its absolute path; may be the file itself, whose first
   *     part then is not moved
   * @param most bytes of a part
   * @param opener a stream into a new file
   */
  public PartedPut(
      CloudSandbox sandbox,
      String path,
      String place,
      long most,
      Function<String, FilePut> opener) {
    this.sandbox = sandbox;
    this.path = path;
    this.place = place;
    this.most = most;
    this.opener = opener;
    this.first = place.equals(path);
    this.part = opener.apply(place);
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    int from = offset;
    int end = offset + length;
    while (from < end) {
      if (written == most) {
        finish();
        written = 0;
        part = opener.apply(place());
      }
      int count = (int) Math.min(end - from, most - written);
      part.write(bytes, from, count);
      written += count;
      from += count;
    }
  }

  private String place() {
    return first || place.equals(path) ? path + ".part" : place;
  }

  private void finish() throws IOException {
    boolean joined = false;
    try {
      part.close();
      if (!first) {
        join();
      }
      joined = true;
    } finally {
      if (!joined) {
        discard();
      }
    }
    first = false;
  }

  private void join() throws IOException {
    try {
      ScriptResult result = sandbox.scriptAnywhere(JOIN, path, place());
      if (result.code() != 0) {
        throw new IOException(FileProblems.of(sandbox, path, result.complaint()));
      }
    } catch (SandboxException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    finish();
  }

  @Override
  public void cancel() {
    part.cancel();
    discard();
  }

  /** A part that does not get into the file does not stay beside it. */
  private void discard() {
    if (!first) {
      ClearingAway.run(() -> {
        try {
          sandbox.scriptAnywhere(FileScripts.DISCARD, place());
        } catch (SandboxException e) {
          CloudProvider.log().debug("{} may be left in sandbox {}", place(), sandbox.id(), e);
        }
      });
    }
  }
}
