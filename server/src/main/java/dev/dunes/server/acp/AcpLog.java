package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Everything that was sent to the clients of one ACP server, in a file: a message a line, each with
 * a number from 1, and notes of ours between them. Written once, read by any number of readers at
 * their own pace; what the process has written survives its end. Safe for use by several threads.
 */
final class AcpLog implements AutoCloseable {
  /** A message. */
  static final byte MESSAGE = 'M';

  /** A response that comes after what it is the result of; readers send it by itself. */
  static final byte RESULT = 'R';

  /** A note that is no message. */
  static final byte NOTE = 'N';

  /** Every so many messages their place is remembered. */
  private static final int STRIDE = 256;

  private final RandomAccessFile file;
  private final Path path;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Long> places = new ArrayList<>();
  private final Set<AcpReader> readers = new HashSet<>();
  private long end;
  private long last;
  private boolean closed;

  private AcpLog(Path path, RandomAccessFile file) {
    this.path = path;
    this.file = file;
  }

  /** A new one. */
  static AcpLog create(Path path) throws IOException {
    Files.createFile(
        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return new AcpLog(path, new RandomAccessFile(path.toFile(), "rw"));
  }

  /** Hears of what is in a log that is opened. */
  interface Visitor {
    void note(ObjectNode note);

    void message(long id, JsonNode message);
  }

  /** One that is there; a last line that was not finished is dropped. */
  static AcpLog open(Path path, Visitor visitor) throws IOException {
    RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
    AcpLog log = new AcpLog(path, file);
    try {
      log.scan(visitor);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
    return log;
  }

  private void scan(Visitor visitor) throws IOException {
    long size = file.length();
    try (LogLines lines = new LogLines(path, 0)) {
      scan(lines, size, visitor);
    }
    if (end < size) {
      file.setLength(end);
    }
  }

  private void scan(LogLines lines, long size, Visitor visitor) throws IOException {
    while (lines.next(size)) {
      JsonNode json;
      try {
        json = Json.MAPPER.readTree(lines.bytes(), lines.from() + 1, lines.length() - 1);
      } catch (JacksonException e) {
        throw new IOException("a line of " + path.getFileName() + " is damaged", e);
      }
      if (lines.kind() == NOTE && json instanceof ObjectNode note) {
        visitor.note(note);
      } else {
        last++;
        remember(lines.position());
        visitor.message(last, json);
      }
      end = lines.after();
    }
  }

  private void remember(long position) {
    if ((last - 1) % STRIDE == 0) {
      places.add(position);
    }
  }

  /** The number of the last message; 0 before the first. */
  long last() {
    lock.lock();
    try {
      return last;
    } finally {
      lock.unlock();
    }
  }

  /** Adds messages and gives the number of the last of them. */
  long add(List<byte[]> messages) throws IOException {
    return add(MESSAGE, messages);
  }

  /** Adds a response that comes after what it is the result of. */
  long addResult(byte[] message) throws IOException {
    return add(RESULT, List.of(message));
  }

  /** Adds a note. */
  void note(ObjectNode note) throws IOException {
    add(NOTE, List.of(Json.bytes(note)));
  }

  private long add(byte kind, List<byte[]> lines) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the server " + path.getFileName() + " was removed");
      }
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      long[] starts = new long[lines.size()];
      for (int i = 0; i < starts.length; i++) {
        starts[i] = end + all.size();
        all.write(kind);
        all.writeBytes(lines.get(i));
        all.write('\n');
      }
      try {
        file.seek(end);
        file.write(all.toByteArray());
      } catch (IOException e) {
        // Nothing of it counts: the next one is written over it.
        throw new IOException("what is sent could not be kept: " + e.getMessage(), e);
      }
      if (kind != NOTE) {
        for (long start : starts) {
          last++;
          remember(start);
        }
      }
      end += all.size();
      changed.signalAll();
      return last;
    } finally {
      lock.unlock();
    }
  }

  /** Reads what comes after the message of this number. */
  AcpReader read(long after) throws IOException {
    lock.lock();
    try {
      long from = Math.min(after, last);
      int place = (int) (from / STRIDE);
      boolean known = place < places.size();
      AcpReader reader =
          new AcpReader(
              this,
              new LogLines(path, known ? places.get(place) : end),
              known ? (long) place * STRIDE : last,
              from,
              last);
      readers.add(reader);
      return reader;
    } finally {
      lock.unlock();
    }
  }

  /** Where what is readable ends, once that is beyond a position; −1 once there will be no more. */
  long awaitBeyond(long position) throws InterruptedException {
    lock.lock();
    try {
      while (!closed && end <= position) {
        changed.await();
      }
      return closed ? -1 : end;
    } finally {
      lock.unlock();
    }
  }

  void delivered() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void remove(AcpReader reader) {
    lock.lock();
    try {
      readers.remove(reader);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether anybody reads. */
  boolean hasReaders() {
    lock.lock();
    try {
      return !readers.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until a reader has been sent the message of this number, or nobody reads.
   *
   * @return whether a reader has been sent it; false also after the time
   */
  boolean awaitDelivery(long id, long nanos) throws InterruptedException {
    lock.lock();
    try {
      long left = nanos;
      while (!closed && !readers.isEmpty() && readers.stream().noneMatch(r -> r.sent() >= id)) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return readers.stream().anyMatch(r -> r.sent() >= id);
    } finally {
      lock.unlock();
    }
  }

  /** Ends its readers; the file stays. */
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      file.close();
    } finally {
      lock.unlock();
    }
  }

  /** Ends its readers and removes the file. */
  void delete() throws IOException {
    close();
    Files.deleteIfExists(path);
  }

  /** How long a flush of a result waits after what came before it. ACP, sheet 4.2. */
  static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
}
