package dev.dunes.server.e2b.code;

import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Signal;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A kernel that is a process of the sandbox. A thread listens to it as long as it lives. */
final class KernelProcess implements Kernel {
  private static final Logger LOG = LoggerFactory.getLogger(KernelProcess.class);

  private final RunningCommand process;
  private final Talk talk;
  private final CompletableFuture<Boolean> ready = new CompletableFuture<>();
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable KernelEvents current;
  private @Nullable String death;

  private KernelProcess(RunningCommand process, Talk talk) {
    this.process = process;
    this.talk = talk;
  }

  /**
   * Makes a kernel of a process that was just started.
   *
   * @param source its program, which it reads first
   * @throws KernelException when it does not take cells in time
   */
  static KernelProcess start(RunningCommand process, Talk talk, byte[] source, Duration limit)
      throws InterruptedException {
    KernelProcess kernel = new KernelProcess(process, talk);
    Thread.ofVirtual().name("dunes-kernel").start(kernel::listen);
    boolean started = false;
    try {
      kernel.write(source);
      kernel.ready.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      started = true;
      return kernel;
    } catch (IOException | ExecutionException e) {
      String why = Optional.ofNullable(kernel.death()).orElse(String.valueOf(e.getMessage()));
      String said = talk.complaint();
      throw new KernelException(
          "the kernel did not start: " + why + (said.isEmpty() ? "" : "; it said: " + said), e);
    } catch (TimeoutException e) {
      throw new KernelException(
          "the kernel did not start within %d s".formatted(limit.toSeconds()), e);
    } finally {
      if (!started) {
        kernel.kill();
      }
    }
  }

  private void listen() {
    String why;
    try (process) {
      readiness();
      for (Optional<OutputChunk> chunk = process.take();
          chunk.isPresent();
          chunk = process.take()) {
        talk.take(chunk.get(), this::tell);
        readiness();
      }
      why = description(process.waitFor());
    } catch (KernelException e) {
      LOG.debug("a kernel is ended", e);
      why = "it was ended because " + e.getMessage();
    } catch (SandboxException e) {
      LOG.debug("a kernel is lost", e);
      why = "it is lost: " + e.getMessage();
    } catch (InterruptedException e) {
      why = "it was ended with the server"; // nobody else interrupts this thread
    }
    died(why);
  }

  private void readiness() {
    if (talk.ready()) {
      ready.complete(true);
    }
  }

  private static String description(CommandExit exit) {
    if (exit.outOfMemory()) {
      return "it was killed: the sandbox has no more memory";
    }
    return exit.signal().isPresent()
        ? "it was killed by signal " + exit.signal().getAsInt()
        : "it ended with exit code " + exit.exitCode();
  }

  private void tell(KernelEvent event) throws InterruptedException {
    KernelEvents listener;
    lock.lock();
    try {
      listener = current;
    } finally {
      lock.unlock();
    }
    if (listener != null) { // what is said when no cell runs is for nobody
      listener.add(event);
    }
  }

  private void died(String why) {
    KernelEvents listener;
    lock.lock();
    try {
      death = why;
      listener = current;
    } finally {
      lock.unlock();
    }
    ready.completeExceptionally(new KernelException(why));
    if (listener != null) {
      listener.end(why, talk.begun());
    }
  }

  private @Nullable String death() {
    lock.lock();
    try {
      return death;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public KernelEvents run(Cell cell) {
    byte[] request = talk.request(cell);
    KernelEvents events;
    lock.lock();
    try {
      events = new KernelEvents(death == null && talk.begun());
      if (death != null) {
        events.end(death, false);
        return events;
      }
      current = events;
    } finally {
      lock.unlock();
    }
    try {
      write(request);
    } catch (IOException e) {
      LOG.debug("a kernel takes no cells", e);
      kill(); // whose end is the end of the cell
    }
    return events;
  }

  private void write(byte[] data) throws IOException {
    process.stdin().write(data);
    process.stdin().flush();
  }

  @Override
  public void interrupt() {
    try {
      process.signalTree(Signal.INT);
      byte[] more = talk.interrupt();
      if (more.length > 0) {
        write(more);
      }
    } catch (IOException | SandboxException e) {
      LOG.debug("a kernel cannot be interrupted", e);
    }
  }

  @Override
  public boolean alive() {
    return death() == null;
  }

  @Override
  public Optional<String> epitaph() {
    return Optional.ofNullable(death());
  }

  @Override
  public void kill() {
    process.close();
  }
}
