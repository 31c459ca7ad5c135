package dev.dunes.sandbox;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The files of a sandbox. Paths are the sandbox's own; a relative one starts at its working
 * directory. Contents are exact bytes and are streamed: no call holds a whole file in memory unless
 * its result is one.
 *
 * <p>Failures are {@link SandboxFileException}s with a reason. Streams report failures that happen
 * while they are used as {@link java.io.IOException} with that exception as cause.
 */
public interface SandboxFiles {
  /** Opens a file for reading from its start. */
  InputStream read(String path);

  /** Opens part of a file for reading: at most {@code length} bytes from {@code offset} on. */
  InputStream read(String path, long offset, long length);

  /** A whole file; at most 2 GiB. */
  byte[] readBytes(String path);

  /** A whole file as UTF-8. */
  String readText(String path);

  /**
   * Opens a file for writing. The write is complete when {@code close()} returns normally. An
   * atomic write whose stream is not closed normally leaves nothing behind.
   */
  OutputStream write(String path, WriteOptions options);

  /** Writes a whole file, making missing parents. */
  void write(String path, byte[] contents);

  /** Writes a whole file as UTF-8, making missing parents. */
  void write(String path, String contents);

  /** Adds to the end of a file, which is made when missing. */
  void append(String path, byte[] contents);

  /** What is in a directory, ordered by name. */
  List<FileEntry> list(String path);

  /** What is below a directory to this depth (1 = its own entries), parents first. */
  List<FileEntry> list(String path, int depth);

  /** What a path is; follows a symbolic link. */
  FileEntry stat(String path);

  /** What a path is; a symbolic link is described itself. */
  FileEntry statLink(String path);

  /** Whether something is at this path (a broken symbolic link is not). */
  boolean exists(String path);

  /** Makes a directory and missing parents; false when it was there. */
  boolean mkdir(String path);

  /** Moves or renames, also across file systems; fails when something is at the new path. */
  void move(String from, String to);

  /** Moves or renames; replaces a file that is at the new path. */
  void moveReplacing(String from, String to);

  /** Removes a file, symbolic link or empty directory. */
  void remove(String path);

  /** Removes a directory with everything below it, or a file. Never follows symbolic links. */
  void removeTree(String path);

  /** Sets permission bits. */
  void chmod(String path, int mode);

  /** Makes a symbolic link at {@code path}. */
  void symlink(String target, String path);

  /**
   * Unpacks a tar into a directory, made when missing. Entries that would land outside are refused.
   */
  void unpack(InputStream tar, String directory);

  /** What is below a directory as a tar with relative names, modes, times and links. */
  InputStream pack(String directory);

  /** Copies a file into the sandbox, as a whole or not at all, with its permission bits. */
  void upload(Path local, String remote);

  /**
   * Copies a file out of the sandbox through a temporary file beside {@code local}, as a whole or
   * not at all.
   */
  void download(String remote, Path local);

  /**
   * The same for a file that may be larger than it should: a sandbox can make one of a terabyte at
   * no cost.
   *
   * @param maxBytes the most it may have
   * @throws SandboxFileException with {@link SandboxFileException.Reason#TOO_LARGE} when it has
   *     more; then {@code local} is as it was
   * @throws UnsupportedCapabilityException when this provider cannot bound it
   */
  default void download(String remote, Path local, long maxBytes) {
    throw new UnsupportedCapabilityException(
        "downloads with a bound", ErrorDetails.remedy("look at the size first, and read a part"));
  }

  /**
   * Copies what is below a local directory into one of the sandbox; modes and symbolic links are
   * kept.
   */
  void uploadTree(Path local, String remote);

  /**
   * Copies what is below a directory of the sandbox into a local one; modes and symbolic links are
   * kept. Names that would land outside {@code local}, also by way of a symbolic link, are refused
   * and nothing outside is touched.
   */
  void downloadTree(String remote, Path local);

  /**
   * The same for a directory that may hold more than it should.
   *
   * @param maxBytes the most that all of it may take as a tar: contents, and about a KiB an entry
   * @throws SandboxFileException with {@link SandboxFileException.Reason#TOO_LARGE} when it takes
   *     more; what was written until then stays
   * @throws UnsupportedCapabilityException when this provider cannot bound it
   */
  default void downloadTree(String remote, Path local, long maxBytes) {
    throw new UnsupportedCapabilityException(
        "downloads with a bound",
        ErrorDetails.remedy("pack it in the sandbox and look at its size"));
  }

  /**
   * The extended attributes of files whose names begin with a prefix such as {@code user.app.}, by
   * path and then by the rest of the name. Files without any are left out, and so are those that do
   * not exist; of one file at most 4,608 bytes are told.
   *
   * @throws UnsupportedCapabilityException when this provider does not tell
   */
  default Map<String, Map<String, String>> attributes(List<String> paths, String prefix) {
    throw new UnsupportedCapabilityException(
        "attributes of files", ErrorDetails.remedy("keep what belongs to a file beside it"));
  }

  /**
   * Replaces the extended attributes of a file whose names begin with a prefix.
   *
   * @param values by the rest of the name
   * @throws UnsupportedCapabilityException when this provider, or the file system, cannot
   */
  default void setAttributes(String path, String prefix, Map<String, String> values) {
    throw new UnsupportedCapabilityException(
        "attributes of files", ErrorDetails.remedy("keep what belongs to a file beside it"));
  }

  /** Watches a directory. Changes made after this returns are seen. */
  FileWatch watch(String path, boolean recursive);
}
