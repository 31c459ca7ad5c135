package dev.dunes.provider.local;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code dunes-guest launch --server}: a process that forks launchers for this one, which takes a
 * tenth of the time Java needs to start a program. It ends with this process, at the end of its
 * standard input; what it has launched goes on. Requests and replies as in {@code
 * guest/src/launch/server.rs}.
 */
final class LaunchServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LaunchServer.class);
  private static final byte LAUNCH = 'L';
  private static final byte KILL = 'K';
  private static final int HEAD = 9;
  private static final int REPLY = 24;
  private static final int STARTED = 1;
  private static final int LISTENS = 2;
  private static final int ENDED = 3;
  private static final int END_SECONDS = 5;
  private static final long LIMIT_SECONDS = Launch.GREETING_LIMIT.toSeconds();

  /** Arguments are encoded as those of {@link Process} are, which is how files are named, too. */
  private static final Charset NATIVE =
      Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

  private final Process process;
  private final ReentrantLock sending = new ReentrantLock();
  private final AtomicLong numbers = new AtomicLong();
  private final Map<Long, Launched> launched = new ConcurrentHashMap<>();
  private volatile boolean open = true;

  private LaunchServer(Process process) {
    this.process = process;
  }

  static LaunchServer start(Path guest) throws IOException {
    ProcessBuilder builder = SpawnedLaunch.builder(List.of(guest.toString(), "launch", "--server"));
    LaunchServer server =
        new LaunchServer(builder.redirectInput(ProcessBuilder.Redirect.PIPE).start());
    Thread.ofPlatform().daemon().name("dunes-launch-replies").start(server::readAll);
    return server;
  }

  /** Whether it can still launch. */
  boolean isOpen() {
    return open;
  }

  /**
   * Launches; waits for nothing, so that whoever is interrupted afterwards has what to kill.
   *
   * @param arguments of {@code dunes-guest launch}
   */
  LaunchedProcess launch(List<String> arguments) throws IOException {
    byte[] text = (String.join("\0", arguments) + "\0").getBytes(NATIVE);
    Launched made = new Launched(numbers.incrementAndGet());
    launched.put(made.number, made);
    send(LAUNCH, made.number, text);
    if (!open) { // the last reply may have come before this launch was known
      made.end();
    }
    return made;
  }

  private void send(byte kind, long number, byte[] rest) throws IOException {
    ByteBuffer request =
        ByteBuffer.allocate(Integer.BYTES + HEAD + rest.length).order(ByteOrder.LITTLE_ENDIAN);
    request.putInt(HEAD + rest.length).put(kind).putLong(number).put(rest);
    sending.lock();
    try {
      OutputStream out = process.getOutputStream();
      out.write(request.array());
      out.flush();
    } finally {
      sending.unlock();
    }
  }

  private void readAll() {
    byte[] bytes = new byte[REPLY];
    try (DataInputStream replies = new DataInputStream(process.getInputStream())) {
      while (true) {
        replies.readFully(bytes);
        ByteBuffer reply = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        hear((int) reply.getLong(), reply.getLong(), reply.getLong());
      }
    } catch (IOException e) {
      LOG.debug("the launch server has ended: {}", e.toString());
    } finally {
      open = false;
      launched.values().forEach(Launched::end);
      launched.clear();
    }
  }

  private void hear(int kind, long number, long value) {
    Launched about = kind == ENDED ? launched.remove(number) : launched.get(number);
    if (about == null) {
      return;
    }
    switch (kind) {
      case STARTED -> about.started.complete(value);
      case LISTENS -> about.listening.complete(true);
      default -> about.end();
    }
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private final class Launched implements LaunchedProcess {
    private final long number;
    private final CompletableFuture<Long> started = new CompletableFuture<>();
    private final CompletableFuture<Boolean> listening = new CompletableFuture<>();
    private volatile boolean ended;

    Launched(long number) {
      this.number = number;
    }

    void end() {
      ended = true;
      started.completeExceptionally(new IOException("it has ended"));
      listening.complete(false);
    }

    @Override
    public long pid() throws IOException {
      try {
        return started.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
      } catch (CompletionException e) {
        throw new IOException("the launcher could not be started", e);
      }
    }

    @Override
    public boolean listening() throws InterruptedException, IOException {
      try {
        return listening.get(LIMIT_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        throw new IOException("the launcher does not answer", e);
      }
    }

    @Override
    public boolean isAlive() {
      return !ended;
    }

    @Override
    public void kill() {
      try {
        send(KILL, number, new byte[0]);
      } catch (IOException e) {
        // the server has gone, and with it the knowledge whether the number is still this one's
        LOG.debug("launch {} cannot be killed: {}", number, e.toString());
      }
    }
  }
}
