package dev.dunes.agent.install;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Fails a read for which no byte comes for some time; {@link java.net.http} itself never does. */
final class PatientInputStream extends FilterInputStream {
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(1, Thread.ofVirtual().name("patience").factory());
  private final Duration limit;
  private volatile boolean expired;

  PatientInputStream(InputStream in, Duration limit) {
    super(in);
    this.limit = limit;
    timer.setRemoveOnCancelPolicy(true);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    ScheduledFuture<?> alarm =
        timer.schedule(this::expire, limit.toMillis(), TimeUnit.MILLISECONDS);
    try {
      int n = in.read(bytes, offset, length);
      if (expired) {
        throw silent(null);
      }
      return n;
    } catch (IOException e) {
      throw expired ? silent(e) : e;
    } finally {
      alarm.cancel(false);
    }
  }

  private IOException silent(@Nullable Throwable cause) {
    return new IOException("nothing came for %d s".formatted(limit.toSeconds()), cause);
  }

  private void expire() {
    expired = true;
    try {
      in.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    timer.shutdownNow();
    super.close();
  }
}
