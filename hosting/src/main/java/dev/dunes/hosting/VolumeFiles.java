package dev.dunes.hosting;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.WriteOptions;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * The files of one volume. What sandboxes have made of them is hostile: all work is done in a
 * sandbox that has this volume and nothing else, so that a link leads nowhere else. Paths begin at
 * the volume's root; {@code ..} above it stays there. For one {@link Volumes#files use} only.
 */
public final class VolumeFiles {
  /** Where the volume is in the sandbox that works on it. */
  static final String ROOT = "/mnt/volume";

  private static final int LONGEST_PATH = 4096;

  private final SandboxFiles files;

  /** Something done with the files. */
  @FunctionalInterface
  public interface Use<T> {
    T with(VolumeFiles files) throws InterruptedException;
  }

  VolumeFiles(Sandbox keeper) {
    this.files = keeper.files();
  }

  /**
   * A path as it is shown: from the volume's root, without {@code .} and {@code ..}.
   *
   * @throws HostingException when it is none
   */
  public static String normal(String path) {
    if (path.length() > LONGEST_PATH || path.indexOf('\0') >= 0) {
      throw HostingException.invalid(
          "path must have at most %d characters, and no NUL".formatted(LONGEST_PATH));
    }
    return Path.of("/" + path).normalize().toString();
  }

  private static String inside(String normal) {
    return normal.equals("/") ? ROOT : ROOT + normal;
  }

  /** What is at a path; a link is described itself. */
  public FileEntry stat(String normal) {
    return files.statLink(inside(normal));
  }

  /** What is below a directory. */
  public List<FileEntry> list(String normal, int depth) {
    return files.list(inside(normal), depth);
  }

  /** A file's contents. */
  public InputStream read(String normal) {
    requireInside(normal);
    return files.read(inside(normal));
  }

  /** A link of the keeper's own files would be nothing of the volume. */
  private void requireInside(String normal) {
    FileEntry entry = stat(normal);
    if (entry.kind() == FileEntry.Kind.SYMLINK) {
      String to = entry.linkTarget().orElse("");
      Path above = Path.of(inside(normal)).resolveSibling(to);
      if (!above.normalize().startsWith(ROOT)) {
        throw HostingException.invalid(
            "path '%s' is a link to '%s', which is outside of the volume".formatted(normal, to));
      }
    }
  }

  /** Opens a file for writing; it is replaced as a whole when the stream is closed. */
  public OutputStream write(String normal, OptionalInt mode, boolean exclusive) {
    return files.write(inside(normal), new WriteOptions(false, false, exclusive, true, mode));
  }

  /**
   * Makes a directory.
   *
   * @param parents whether missing ones above it are made, and it may be there
   */
  public void makeDirectory(String normal, OptionalInt mode, boolean parents) {
    String path = inside(normal);
    if (!parents) {
      Path above = Path.of(path).getParent();
      if (above != null && !files.stat(above.toString()).isDirectory()) {
        throw HostingException.invalid("the parent of '%s' is no directory".formatted(normal));
      }
    }
    if (!files.mkdir(path) && !parents) {
      throw new HostingException(
          HostingException.Reason.EXISTS,
          "path '%s' is there already; use force to keep it".formatted(normal));
    }
    mode.ifPresent(bits -> files.chmod(path, bits));
  }

  /** Sets permission bits. */
  public void chmod(String normal, int mode) {
    files.chmod(inside(normal), mode);
  }

  /** Removes what is at a path, with everything below it. */
  public void remove(String normal) {
    if (normal.equals("/")) {
      throw HostingException.invalid("the root of a volume cannot be removed; delete the volume");
    }
    stat(normal); // says so when there is nothing
    files.removeTree(inside(normal));
  }

  /** A failure in the words of the volume. */
  static SandboxFileException ofVolume(SandboxFileException e) {
    String path = e.path().equals(ROOT) ? "/" : e.path().replace(ROOT + "/", "/");
    return new SandboxFileException(
        e.reason(),
        path,
        String.valueOf(e.getMessage()).replace(ROOT + "/", "/"),
        ErrorDetails.cause(e));
  }
}
