package dev.dunes.guest;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.FileWatch;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFileException.Reason;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The files of a sandbox as its guest sees them. */
final class GuestFiles implements SandboxFiles {
  private static final int KEEP_MODE = -1;
  private static final int APPEND = 1;
  private static final int CREATE_PARENTS = 2;
  private static final int EXCLUSIVE = 4;
  private static final int ATOMIC = 8;
  private static final long TO_THE_END = -1;

  /** For operations on one name. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** For operations on whole trees. */
  private static final Duration TREE_LIMIT = Duration.ofMinutes(10);

  private static final int COPY_BUFFER = 256 << 10;

  private final Supplier<GuestConnection> guest;

  GuestFiles(Supplier<GuestConnection> guest) {
    this.guest = guest;
  }

  // ---- contents ----

  @Override
  public InputStream read(String path) {
    return read(path, 0, TO_THE_END);
  }

  @Override
  public InputStream read(String path, long offset, long length) {
    GuestRead stream = GuestRead.file(check(path));
    guest
        .get()
        .start(Operation.READ, new PayloadWriter().str(path).u64(offset).u64(length), stream);
    return stream.open(LIMIT);
  }

  @Override
  public byte[] readBytes(String path) {
    try (InputStream in = read(path)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw failure(path, e);
    }
  }

  @Override
  public String readText(String path) {
    return new String(readBytes(path), StandardCharsets.UTF_8);
  }

  @Override
  public OutputStream write(String path, WriteOptions options) {
    return open(path, options).stream();
  }

  @Override
  public void write(String path, byte[] contents) {
    writeAll(path, contents.clone(), WriteOptions.DEFAULT);
  }

  @Override
  public void write(String path, String contents) {
    writeAll(path, contents.getBytes(StandardCharsets.UTF_8), WriteOptions.DEFAULT);
  }

  @Override
  public void append(String path, byte[] contents) {
    writeAll(path, contents.clone(), WriteOptions.APPEND);
  }

  private void writeAll(String path, byte[] contents, WriteOptions options) {
    GuestWrite stream = open(path, options);
    stream.send(contents, contents.length);
    stream.finish();
  }

  private GuestWrite open(String path, WriteOptions options) {
    int flags =
        (options.append() ? APPEND : 0)
            | (options.createParents() ? CREATE_PARENTS : 0)
            | (options.exclusive() ? EXCLUSIVE : 0)
            | (options.atomic() ? ATOMIC : 0);
    GuestWrite stream = GuestWrite.file(check(path));
    PayloadWriter arguments =
        new PayloadWriter().str(path).u32(flags).u32(options.mode().orElse(KEEP_MODE));
    guest.get().start(Operation.WRITE, arguments, stream);
    stream.awaitOpened(LIMIT);
    return stream;
  }

  // ---- names ----

  @Override
  public List<FileEntry> list(String path) {
    return list(path, 1);
  }

  @Override
  public List<FileEntry> list(String path, int depth) {
    GuestList listing = new GuestList();
    guest.get().start(Operation.LIST, new PayloadWriter().str(check(path)).u32(depth), listing);
    listing.await(TREE_LIMIT, path);
    return listing.entries();
  }

  @Override
  public FileEntry stat(String path) {
    return stat(path, true);
  }

  @Override
  public FileEntry statLink(String path) {
    return stat(path, false);
  }

  private FileEntry stat(String path, boolean follow) {
    PayloadWriter arguments = new PayloadWriter().str(check(path)).bool(follow);
    return guest.get().call(Operation.STAT, arguments, LIMIT, path, GuestEntries::read);
  }

  @Override
  public boolean exists(String path) {
    try {
      stat(path);
      return true;
    } catch (SandboxFileException e) {
      if (e.reason() == Reason.NOT_FOUND || e.reason() == Reason.NOT_DIRECTORY) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public boolean mkdir(String path) {
    PayloadWriter arguments = new PayloadWriter().str(check(path)).u32(0755).bool(true);
    return guest.get().call(Operation.MKDIR, arguments, LIMIT, path, PayloadReader::bool);
  }

  @Override
  public void move(String from, String to) {
    move(from, to, false);
  }

  @Override
  public void moveReplacing(String from, String to) {
    move(from, to, true);
  }

  private void move(String from, String to, boolean replace) {
    PayloadWriter arguments = new PayloadWriter().str(check(from)).str(check(to)).bool(replace);
    guest.get().call(Operation.MOVE, arguments, TREE_LIMIT, from + " -> " + to);
  }

  @Override
  public void remove(String path) {
    call(Operation.REMOVE, new PayloadWriter().str(check(path)).bool(false), path);
  }

  @Override
  public void removeTree(String path) {
    guest
        .get()
        .call(Operation.REMOVE, new PayloadWriter().str(check(path)).bool(true), TREE_LIMIT, path);
  }

  @Override
  public void chmod(String path, int mode) {
    call(Operation.CHMOD, new PayloadWriter().str(check(path)).u32(mode), path);
  }

  @Override
  public void symlink(String target, String path) {
    call(Operation.SYMLINK, new PayloadWriter().str(check(target)).str(check(path)), path);
  }

  @Override
  public Map<String, Map<String, String>> attributes(List<String> paths, String prefix) {
    paths.forEach(GuestFiles::check);
    return new GuestAttributes(guest.get(), prefix, LIMIT).of(paths);
  }

  @Override
  public void setAttributes(String path, String prefix, Map<String, String> values) {
    new GuestAttributes(guest.get(), prefix, LIMIT).set(check(path), values);
  }

  private void call(Operation operation, PayloadWriter arguments, String path) {
    guest.get().call(operation, arguments, LIMIT, path);
  }

  // ---- trees ----

  @Override
  public void unpack(InputStream tar, String directory) {
    GuestWrite stream = unpackInto(directory);
    try {
      copy(tar, stream);
      stream.finish();
    } catch (IOException e) {
      stream.cancel();
      throw failure(directory, e);
    } catch (SandboxException e) {
      stream.cancel();
      throw e;
    }
  }

  private GuestWrite unpackInto(String directory) {
    GuestWrite stream = GuestWrite.archive(check(directory));
    guest.get().start(Operation.UNPACK, new PayloadWriter().str(directory), stream);
    return stream;
  }

  @Override
  public InputStream pack(String directory) {
    GuestRead stream = GuestRead.archive(check(directory));
    guest.get().start(Operation.PACK, new PayloadWriter().str(directory), stream);
    return stream.stream();
  }

  @Override
  public void uploadTree(Path local, String remote) {
    GuestWrite stream = unpackInto(remote);
    try {
      TreeUpload.write(local, stream.stream());
      stream.finish();
    } catch (IOException e) {
      stream.cancel();
      throw failure(remote, e);
    } catch (SandboxException e) {
      stream.cancel();
      throw e;
    }
  }

  @Override
  public void downloadTree(String remote, Path local) {
    downloadTree(remote, local, Long.MAX_VALUE);
  }

  @Override
  public void downloadTree(String remote, Path local, long maxBytes) {
    try (InputStream tar = SizeLimit.of(pack(remote), remote, checkBound(maxBytes))) {
      TreeDownload.read(tar, local);
    } catch (IOException e) {
      throw failure(remote, e);
    }
  }

  // ---- single files to and from this machine ----

  @Override
  public void upload(Path local, String remote) {
    try (LocalSource source = LocalSource.open(local)) {
      GuestWrite stream = open(remote, WriteOptions.ATOMIC.withMode(source.mode()));
      try {
        copy(source.contents(), stream);
        stream.finish();
      } catch (IOException | SandboxException e) {
        stream.cancel();
        throw e;
      }
    } catch (IOException e) {
      throw failure(remote, e);
    }
  }

  @Override
  public void download(String remote, Path local) {
    download(remote, local, Long.MAX_VALUE);
  }

  private static long checkBound(long maxBytes) {
    if (maxBytes < 0) {
      throw InvalidRequestException.field("maxBytes", maxBytes, "a number of bytes");
    }
    return maxBytes;
  }

  @Override
  public void download(String remote, Path local, long maxBytes) {
    FileEntry entry = stat(remote);
    try (InputStream in = SizeLimit.of(read(remote), remote, checkBound(maxBytes))) {
      LocalTarget.replace(local, in, entry.mode());
    } catch (IOException e) {
      throw failure(remote, e);
    }
  }

  @Override
  public FileWatch watch(String path, boolean recursive) {
    GuestWatch watch = new GuestWatch();
    guest.get().start(Operation.WATCH, new PayloadWriter().str(check(path)).bool(recursive), watch);
    watch.awaitReady(LIMIT, path);
    return watch;
  }

  private static void copy(InputStream from, GuestWrite to) throws IOException {
    while (true) {
      byte[] buffer =
          new byte[COPY_BUFFER]; // handed over to the connection, hence a new one each time
      int count = from.readNBytes(buffer, 0, buffer.length);
      if (count > 0) {
        to.send(buffer, count);
      }
      if (count < buffer.length) {
        return;
      }
    }
  }

  private static String check(String path) {
    if (path.isEmpty() || path.indexOf('\0') >= 0) {
      throw dev.dunes.sandbox.InvalidRequestException.field(
          "path", path, "a path without NUL characters");
    }
    return path;
  }

  /** What a stream wrapped comes out again as it was; anything else happened on this machine. */
  private static SandboxException failure(String path, IOException e) {
    if (e.getCause() instanceof SandboxException known) {
      return known;
    }
    return new SandboxFileException(
        Reason.IO, path, path + ": " + e.getMessage(), ErrorDetails.cause(e));
  }
}
