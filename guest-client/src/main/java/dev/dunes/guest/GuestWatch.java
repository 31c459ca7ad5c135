package dev.dunes.guest;

import dev.dunes.sandbox.FileChange;
import dev.dunes.sandbox.FileWatch;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** A watch on a directory. Holds a bounded number of changes; more than that is an overflow. */
final class GuestWatch extends GuestStream implements FileWatch {
  private static final int READY = 3;
  private static final int CHANGE = 4;
  private static final int CAPACITY = 16_384;

  private final BlockingQueue<FileChange> changes = new ArrayBlockingQueue<>(CAPACITY);
  private volatile boolean ready;
  private volatile boolean overflowed;

  /** Waits until changes are seen. */
  void awaitReady(Duration limit, String path) {
    if (!awaitUntil(() -> ready || doneUnderLock(), limit)) {
      cancel();
      throw SandboxTimeoutException.after(limit);
    }
    throwIfFailed(path);
  }

  @Override
  void onEvent(int kind, PayloadReader payload) throws GuestProtocolException {
    if (kind == READY && !ready) {
      ready = true;
      wake();
    } else if (kind == CHANGE && ready) {
      FileChange.Type type =
          switch (payload.u8()) {
            case 1 -> FileChange.Type.CREATED;
            case 2 -> FileChange.Type.WRITTEN;
            case 3 -> FileChange.Type.REMOVED;
            case 4 -> FileChange.Type.MOVED_AWAY;
            case 5 -> FileChange.Type.MOVED_HERE;
            case 6 -> FileChange.Type.ATTRIBUTES;
            case 255 -> FileChange.Type.OVERFLOW;
            default -> throw new GuestProtocolException("type of change");
          };
      boolean directory = payload.bool();
      String path = payload.str();
      if (!path.isEmpty()) { // empty for the watched directory itself
        GuestEntries.checkRelative(path);
      }
      overflowed |= !changes.offer(new FileChange(type, path, directory));
      wake();
    } else {
      throw new GuestProtocolException("event " + kind + " of a watch");
    }
  }

  @Override
  void onDone() {
    wake();
  }

  @Override
  public Optional<FileChange> next(Duration limit) {
    awaitUntil(() -> !changes.isEmpty() || overflowed || doneUnderLock(), limit);
    FileChange change = changes.poll();
    if (change == null && overflowed) {
      overflowed = false;
      return Optional.of(new FileChange(FileChange.Type.OVERFLOW, "", true));
    }
    return Optional.ofNullable(change);
  }

  @Override
  public boolean ended() {
    return isDone() && changes.isEmpty();
  }

  @Override
  public void close() {
    cancel();
  }
}
