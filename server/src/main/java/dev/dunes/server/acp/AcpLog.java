package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.databind.node.ObjectNode;

/**
 * Everything that was sent to the clients of one ACP server, in a file: a message a line, each with
 * a number from 1, and notes of ours between them. Written once, read by any number of readers at
 * their own pace; what the process has written survives its end. It has a bound: who comes so late
 * that what it asks for was left out is told so. Safe for use by several threads.
 */
final class AcpLog implements AutoCloseable {
  /** A message. */
  static final byte MESSAGE = 'M';

  /** A response that comes after what it is the result of; readers send it by itself. */
  static final byte RESULT = 'R';

  /** A note that is no message. */
  static final byte NOTE = 'N';

  private final LogFile file;
  private final AcpMemory memory;
  private final String name;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<AcpReader> readers = new HashSet<>();
  private boolean closed;

  private AcpLog(Path path, LogFile file, AcpMemory memory) {
    this.name = String.valueOf(path.getFileName());
    this.file = file;
    this.memory = memory;
  }

  /**
   * A new one, which begins with what is in the memory.
   *
   * @param bound in bytes: beyond it the older half is left out
   */
  static AcpLog create(Path path, AcpMemory memory, long bound) throws IOException {
    AcpLog log = new AcpLog(path, LogFile.create(path, memory, bound), memory);
    for (ObjectNode note : memory.notes()) {
      log.note(note);
    }
    return log;
  }

  /** One that is there; the memory is told what is in it. */
  static AcpLog open(Path path, AcpMemory memory, long bound) throws IOException {
    return new AcpLog(path, LogFile.open(path, memory, bound), memory);
  }

  /** The number of the last message; 0 before the first. */
  long last() {
    lock.lock();
    try {
      return file.last();
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

  /** Adds a note, and tells the memory. */
  void note(ObjectNode note) throws IOException {
    memory.note(note);
    add(NOTE, List.of(Json.bytes(note)));
  }

  private long add(byte kind, List<byte[]> lines) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new ServerRemoved(name);
      }
      file.add(kind, lines);
      changed.signalAll();
      return file.last();
    } finally {
      lock.unlock();
    }
  }

  /** Reads what comes after the message of this number, or the oldest there is. */
  AcpReader read(long after) throws IOException {
    lock.lock();
    try {
      long from = Math.min(after, file.last());
      AcpReader reader =
          new AcpReader(this, file.after(Math.max(from, file.dropped())), from, file.last());
      readers.add(reader);
      return reader;
    } finally {
      lock.unlock();
    }
  }

  /** Where a reader goes on that has come to the end of a file that was replaced. */
  LogFile.Start goOn(long position, long message) throws IOException {
    lock.lock();
    try {
      return file.at(position, message);
    } finally {
      lock.unlock();
    }
  }

  /** Where what is readable ends, once that is beyond a position; −1 once there will be no more. */
  long awaitBeyond(long position) throws InterruptedException {
    lock.lock();
    try {
      while (!closed && file.end() <= position) {
        changed.await();
      }
      return closed ? -1 : file.end();
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
    file.delete();
  }

  /** How long a flush of a result waits after what came before it. ACP, sheet 4.2. */
  static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
}
