package dev.dunes.hosting;

import dev.dunes.sandbox.Channel;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a process wrote: the last bytes of each channel, which any number of readers follow. A
 * process waits for readers that are behind, as with any pipe; without readers the oldest bytes are
 * dropped.
 */
final class OutputLog {
  /** What a chunk costs besides its bytes: many small ones must not take much memory. */
  private static final int OVERHEAD = 64;

  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Side stdout = new Side();
  private final Side stderr = new Side();
  private final Set<Reader> readers = new HashSet<>();
  private long sequence;
  private boolean ended;
  private boolean forgotten;

  /** A chunk with its place among all. */
  private record Piece(long sequence, long offset, byte[] data) {}

  /** One channel. */
  private static final class Side {
    final TreeMap<Long, Piece> pieces = new TreeMap<>(); // by offset
    long cost;
    long total;
    boolean dropped;

    void forget() {
      dropped |= !pieces.isEmpty();
      pieces.clear();
      cost = 0;
    }

    long start() {
      return pieces.isEmpty() ? total : pieces.firstKey();
    }

    /** Where the oldest piece ends. */
    long firstEnd() {
      return pieces.isEmpty() ? total : end(pieces.firstEntry().getValue());
    }

    /** The piece with the byte of this offset, or the first one after it. */
    Optional<Piece> at(long offset) {
      Map.Entry<Long, Piece> entry = pieces.floorEntry(offset);
      if (entry == null || end(entry.getValue()) <= offset) {
        entry = pieces.higherEntry(offset);
      }
      return Optional.ofNullable(entry).map(Map.Entry::getValue);
    }

    private static long end(Piece piece) {
      return piece.offset() + piece.data().length;
    }
  }

  /**
   * @param capacity of each channel, in bytes
   */
  OutputLog(int capacity) {
    this.capacity = capacity;
  }

  private Side side(Channel channel) {
    return channel == Channel.STDOUT ? stdout : stderr;
  }

  /** Adds bytes, which are not touched any more; waits for readers that are behind. */
  void add(Channel channel, byte[] data) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      Side side = side(channel);
      while (side.cost + data.length + OVERHEAD > capacity && !side.pieces.isEmpty()) {
        if (readers.stream().anyMatch(reader -> reader.needs(channel, side))) {
          changed.await();
        } else {
          side.cost -= side.pieces.pollFirstEntry().getValue().data().length + OVERHEAD;
          side.dropped = true;
        }
      }
      side.pieces.put(side.total, new Piece(sequence++, side.total, data));
      side.total += data.length;
      side.cost += data.length + OVERHEAD;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more comes. */
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Keeps nothing of what was added, once there are no readers. */
  void forget() {
    lock.lock();
    try {
      forgotten = true;
      drop();
    } finally {
      lock.unlock();
    }
  }

  private void drop() {
    if (forgotten && readers.isEmpty()) {
      stdout.forget();
      stderr.forget();
    }
  }

  /** What is kept of a channel. */
  byte[] bytes(Channel channel) {
    return bytes(channel, 0);
  }

  /** What is kept of a channel from an offset on. */
  byte[] bytes(Channel channel, long from) {
    lock.lock();
    try {
      Side side = side(channel);
      long begin = Math.max(from, side.start());
      byte[] all = new byte[Math.toIntExact(Math.max(0, side.total - begin))];
      for (Piece piece : side.pieces.values()) {
        int skip = Math.clamp(begin - piece.offset(), 0, piece.data().length);
        int length = piece.data().length - skip;
        if (length > 0) {
          System.arraycopy(piece.data(), skip, all, (int) (piece.offset() + skip - begin), length);
        }
      }
      return all;
    } finally {
      lock.unlock();
    }
  }

  /** Where what is kept of a channel begins. */
  long start(Channel channel) {
    lock.lock();
    try {
      return side(channel).start();
    } finally {
      lock.unlock();
    }
  }

  /** Whether bytes of a channel are not kept. */
  boolean dropped(Channel channel) {
    lock.lock();
    try {
      return side(channel).dropped;
    } finally {
      lock.unlock();
    }
  }

  /** A reader from these offsets on, or from where what is kept begins. */
  Reader follow(long stdoutFrom, long stderrFrom) {
    lock.lock();
    try {
      Reader reader = new Reader(stdoutFrom, stderrFrom);
      readers.add(reader);
      return reader;
    } finally {
      lock.unlock();
    }
  }

  /** A reader of what is added from now on. */
  Reader followLive() {
    lock.lock();
    try {
      Reader reader = new Reader(stdout.total, stderr.total);
      readers.add(reader);
      return reader;
    } finally {
      lock.unlock();
    }
  }

  /** Reads along; while it is open the process waits for it. */
  final class Reader implements AutoCloseable {
    private long stdoutAt;
    private long stderrAt;

    private Reader(long stdoutAt, long stderrAt) {
      this.stdoutAt = stdoutAt;
      this.stderrAt = stderrAt;
    }

    private boolean needs(Channel channel, Side side) {
      return (channel == Channel.STDOUT ? stdoutAt : stderrAt) < side.firstEnd();
    }

    /**
     * The next bytes in the order they were written; empty when none came in time or none comes any
     * more, see {@link #atEnd}.
     */
    Optional<ProcessOutput> next(long limitMillis) throws InterruptedException {
      long left = TimeUnit.MILLISECONDS.toNanos(limitMillis);
      lock.lockInterruptibly();
      try {
        while (true) {
          Optional<Piece> out = stdout.at(stdoutAt);
          Optional<Piece> err = stderr.at(stderrAt);
          if (out.isPresent() && (err.isEmpty() || out.get().sequence() < err.get().sequence())) {
            ProcessOutput output = cut(Channel.STDOUT, out.get(), stdoutAt);
            stdoutAt = output.offset() + output.data().length;
            changed.signalAll();
            return Optional.of(output);
          }
          if (err.isPresent()) {
            ProcessOutput output = cut(Channel.STDERR, err.get(), stderrAt);
            stderrAt = output.offset() + output.data().length;
            changed.signalAll();
            return Optional.of(output);
          }
          if (ended || left <= 0) {
            return Optional.empty();
          }
          left = changed.awaitNanos(left);
        }
      } finally {
        lock.unlock();
      }
    }

    /** Whether everything was read and nothing more comes. */
    boolean atEnd() {
      lock.lock();
      try {
        return ended && stdout.at(stdoutAt).isEmpty() && stderr.at(stderrAt).isEmpty();
      } finally {
        lock.unlock();
      }
    }

    private static ProcessOutput cut(Channel channel, Piece piece, long from) {
      int skip = (int) Math.max(0, from - piece.offset());
      byte[] data =
          skip == 0
              ? piece.data()
              : java.util.Arrays.copyOfRange(piece.data(), skip, piece.data().length);
      return new ProcessOutput(channel, piece.offset() + skip, data);
    }

    @Override
    public void close() {
      lock.lock();
      try {
        readers.remove(this);
        drop();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
