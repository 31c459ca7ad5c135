package dev.dunes.sandbox.spi;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Output on its way from a transport to its reader: one producer, any number of readers. Readers
 * may take chunks of both channels in their order of arrival, or read each channel as a stream;
 * what one reader takes the others do not see.
 *
 * <p>The queue does not bound itself: the producer bounds it by what it allows the sender, told by
 * {@code consumed}.
 */
public final class OutputQueue {
  /**
   * Told how many bytes of a channel a reader has taken, so that the sender may send as many again.
   */
  @FunctionalInterface
  public interface Consumption {
    void consumed(Channel channel, int bytes);
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<OutputChunk> chunks = new ArrayDeque<>();
  private final Set<Channel> ended = EnumSet.noneOf(Channel.class);
  private final Consumption consumption;
  private @Nullable SandboxException failure;

  public OutputQueue(Consumption consumption) {
    this.consumption = requireNonNull(consumption, "consumption");
  }

  /** Adds bytes; ignored once the channel has ended. */
  public void add(Channel channel, byte[] data) {
    lock.lock();
    try {
      if (!ended.contains(channel) && data.length > 0) {
        chunks.add(new OutputChunk(channel, data));
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Nothing follows on this channel. */
  public void end(Channel channel) {
    lock.lock();
    try {
      ended.add(channel);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Nothing follows at all. */
  public void end() {
    end(Channel.STDOUT);
    end(Channel.STDERR);
  }

  /** The transport broke: readers get what is there, then this. */
  public void fail(SandboxException cause) {
    lock.lock();
    try {
      if (failure == null) {
        failure = requireNonNull(cause, "cause");
      }
      end();
    } finally {
      lock.unlock();
    }
  }

  /** Why the output broke off, if it did. */
  public Optional<SandboxException> failure() {
    lock.lock();
    try {
      return Optional.ofNullable(failure);
    } finally {
      lock.unlock();
    }
  }

  /** The next chunk of either channel; empty at the end of both. */
  public Optional<OutputChunk> take() {
    OutputChunk chunk = await(null);
    if (chunk == null) {
      return Optional.empty();
    }
    consumption.consumed(chunk.channel(), chunk.data().length);
    return Optional.of(chunk);
  }

  /** One channel as a stream. */
  public InputStream stream(Channel channel) {
    return new ChannelStream(channel);
  }

  /** The oldest chunk (of this channel, if given); null at the end. */
  private @Nullable OutputChunk await(@Nullable Channel wanted) {
    lock.lock();
    try {
      while (true) {
        OutputChunk chunk = poll(wanted);
        if (chunk != null) {
          return chunk;
        }
        if (wanted == null ? ended.size() == Channel.values().length : ended.contains(wanted)) {
          if (failure != null) {
            throw failure;
          }
          return null;
        }
        changed.await();
      }
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for output", e);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable OutputChunk poll(@Nullable Channel wanted) {
    if (wanted == null) {
      return chunks.poll();
    }
    for (Iterator<OutputChunk> all = chunks.iterator(); all.hasNext(); ) {
      OutputChunk chunk = all.next();
      if (chunk.channel() == wanted) {
        all.remove();
        return chunk;
      }
    }
    return null;
  }

  private final class ChannelStream extends InputStream {
    private final Channel channel;
    private byte[] current = {};
    private int position;

    ChannelStream(Channel channel) {
      this.channel = channel;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (position == current.length && !next()) {
        return -1;
      }
      int count = Math.min(length, current.length - position);
      System.arraycopy(current, position, target, offset, count);
      position += count;
      consumption.consumed(channel, count);
      return count;
    }

    @Override
    public int available() {
      return current.length - position;
    }

    private boolean next() throws IOException {
      try {
        OutputChunk chunk = await(channel);
        if (chunk == null) {
          return false;
        }
        current = chunk.data();
        position = 0;
        return true;
      } catch (SandboxException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
  }
}
