package dev.dunes.guest;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Where a sandbox of this machine keeps its record, its socket and its files: a directory named by
 * its id. It appears whole and disappears whole; what happens in between is under its {@link
 * SandboxLock}.
 */
public final class SandboxDirectory {
  private static final String RECORD = "record";

  /**
   * The record of a sandbox that is being made has a name of its own: to put one file in the place
   * of another makes ext4 write it to the disk at once (mount option {@code auto_da_alloc}), which
   * costs 2 ms then and as much again when the sandbox is removed.
   */
  private static final String FIRST_RECORD = "making";

  private static final Set<OpenOption> WRITING =
      Set.of(
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING,
          StandardOpenOption.WRITE);
  private static final String LOCK = "lock";
  private static final String MAKING = ".new-";
  private static final char MAKER = '-';
  private static final String REMOVING = ".gone-";

  private final Path path;
  private final String id;

  SandboxDirectory(Path path) {
    this.path = path;
    this.id = requireNonNull(path.getFileName(), "path").toString();
  }

  /**
   * Makes it under another name and moves it here, so that nobody ever sees one without lock and
   * record.
   */
  static SandboxLock create(Path path, SandboxRecord record) throws IOException {
    SandboxDirectory made = new SandboxDirectory(path);
    Path making = path.resolveSibling(MAKING + made.id + MAKER + ProcessIdentity.current());
    Files.createDirectory(making, SandboxStore.PRIVATE_DIRECTORY);
    Optional<SandboxLock> lock = Optional.empty();
    boolean complete = false;
    try {
      Files.createFile(making.resolve(LOCK), SandboxStore.PRIVATE_FILE);
      lock = SandboxLock.attempt(made, making.resolve(LOCK));
      SandboxLock held =
          lock.orElseThrow(() -> new IOException("the new directory " + making + " is in use"));
      writePrivate(making.resolve(FIRST_RECORD), RecordFormat.write(record));
      Files.move(making, path, StandardCopyOption.ATOMIC_MOVE);
      complete = true;
      return held;
    } finally {
      if (!complete) {
        lock.ifPresent(SandboxLock::close);
        deleteUnfinished(making);
      }
    }
  }

  /**
   * Who makes or made what has this name in the store; empty when it is not a directory that was
   * being made, which is named {@code .new-ID-MAKER} with the maker's {@link ProcessIdentity}.
   */
  static Optional<ProcessIdentity> maker(String name) {
    int at = name.indexOf(MAKER, MAKING.length());
    return name.startsWith(MAKING) && at > 0
        ? ProcessIdentity.parse(name.substring(at + 1))
        : Optional.empty();
  }

  /** Of what sandbox this name in the store is a directory that was being removed. */
  static Optional<String> removedId(String name) {
    return name.startsWith(REMOVING)
        ? Optional.of(name.substring(REMOVING.length()))
        : Optional.empty();
  }

  /** Removes a directory that is not, or no longer, under its own name. */
  static void deleteUnfinished(Path unfinished) throws IOException {
    HostileTree.deleteWithLast(unfinished, LOCK);
  }

  /** The lock of a directory that was being removed; empty when somebody is still at it. */
  static Optional<SandboxLock> lockUnfinished(Path unfinished, Path finished) throws IOException {
    return SandboxLock.attempt(new SandboxDirectory(finished), unfinished.resolve(LOCK));
  }

  static boolean hasLockFile(Path directory) {
    return Files.exists(directory.resolve(LOCK));
  }

  public Path path() {
    return path;
  }

  public String id() {
    return id;
  }

  /** Something in it. */
  public Path resolve(String name) {
    return path.resolve(name);
  }

  /** Its record as it is now; empty when the sandbox is gone. Needs no lock. */
  public Optional<SandboxRecord> read() throws IOException {
    Optional<SandboxRecord> complete = read(RECORD);
    return complete.isPresent() ? complete : read(FIRST_RECORD);
  }

  private Optional<SandboxRecord> read(String name) throws IOException {
    try {
      return RecordFormat.read(Files.readAllBytes(resolve(name)))
          .filter(record -> record.id().equals(id));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Replaces its record. Only for the holder of the lock. */
  public void write(SandboxRecord record) throws IOException {
    // not forced to the disk: a record outlives its writer but need not outlive the machine, few
    // things it tells of do
    // INVARIANT: only the holder of the lock writes, so one name for the unfinished file is enough
    Path part = resolve(".record.part");
    boolean complete = false;
    try {
      writePrivate(part, RecordFormat.write(record));
      Files.move(part, resolve(RECORD), StandardCopyOption.ATOMIC_MOVE);
      complete = true;
    } finally {
      if (!complete) {
        Files.deleteIfExists(part);
      }
    }
  }

  /**
   * Sees to it that its record is on the disk, for a sandbox that outlives the machine. Only for
   * the holder of the lock.
   */
  public void force() throws IOException {
    // INVARIANT: the lock file is left alone: closing it here would give up the lock
    boolean replaced = Files.exists(resolve(RECORD));
    force(resolve(replaced ? RECORD : FIRST_RECORD));
    if (replaced) {
      // a damaged record must not be taken for that of a sandbox that is still being made
      Files.deleteIfExists(resolve(FIRST_RECORD));
    }
    force(path);
    force(requireNonNull(path.getParent(), "parent"));
  }

  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** A file that is there already is what a writer left that was killed. */
  private static void writePrivate(Path file, byte[] bytes) throws IOException {
    try (SeekableByteChannel channel =
        Files.newByteChannel(file, WRITING, SandboxStore.PRIVATE_FILE)) {
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
    }
  }

  /**
   * Waits for the right to change this sandbox.
   *
   * @return empty when the sandbox is gone
   * @throws dev.dunes.sandbox.SandboxTimeoutException when another holds it for longer
   */
  public Optional<SandboxLock> lock(Duration limit) throws IOException {
    return SandboxLock.acquire(this, resolve(LOCK), limit);
  }

  /** The right to change this sandbox if nobody has it; empty too when the sandbox is gone. */
  public Optional<SandboxLock> tryLock() throws IOException {
    return SandboxLock.attempt(this, resolve(LOCK));
  }

  /**
   * Removes it with everything in it, whatever that is. Only for the holder of the lock, once no
   * process of the sandbox is left. Others see it gone at once; what cannot be removed now is
   * removed by a later {@link SandboxStore#sweep}.
   */
  public void delete() throws IOException {
    if (retire()) {
      deleteUnfinished(retired(path));
    }
  }

  /**
   * The first half of {@link #delete}: others see it gone at once, its files are still there until
   * {@link SandboxStore#removeRetired}. Only for the holder of the lock.
   *
   * @return false when it could not be renamed, as on a disk that is full to the last block: then
   *     it was removed where it was
   */
  public boolean retire() throws IOException {
    try {
      Files.move(path, retired(path), StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (NoSuchFileException e) {
      throw e;
    } catch (FileSystemException e) {
      deleteUnfinished(path);
      return false;
    }
  }

  /** Where a directory is while it is being removed. */
  static Path retired(Path directory) {
    return directory.resolveSibling(REMOVING + directory.getFileName());
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
