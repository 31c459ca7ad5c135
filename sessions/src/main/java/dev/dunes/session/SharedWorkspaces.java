package dev.dunes.session;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.session.engine.Problems;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The workspaces of this process by name. */
final class SharedWorkspaces implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SharedWorkspaces.class);

  private final Boxes boxes;
  private final Supplier<List<AgentPlacement>> installed;
  private final Map<String, Shared> byName = new ConcurrentHashMap<>();

  /**
   * @param installed the agents whose programs are shown in each
   */
  SharedWorkspaces(Boxes boxes, Supplier<List<AgentPlacement>> installed) {
    this.boxes = boxes;
    this.installed = installed;
  }

  Workspace get(String name) {
    return byName.computeIfAbsent(name, Shared::new);
  }

  Box box(String name) {
    return byName.computeIfAbsent(name, Shared::new).box();
  }

  private final class Shared implements Workspace {
    private final String name;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Box box;
    private boolean closed;

    Shared(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    Box box() {
      lock.lock();
      try {
        if (closed) {
          throw Problems.stream("the server is stopping", "try again when it is back", null);
        }
        if (box != null && alive(box)) {
          box.sandbox().renew(box.lifetime());
          return box;
        }
        if (box != null) {
          LOG.warn("the sandbox of workspace '{}' has ended; another one is made", name);
          boxes.close(box);
        }
        box = boxes.open(SessionSpec.builder("workspace").build(), installed.get());
        return box;
      } finally {
        lock.unlock();
      }
    }

    private static boolean alive(Box box) {
      try {
        return box.sandbox().state() != SandboxState.TERMINATED;
      } catch (SandboxException e) {
        LOG.debug("the sandbox does not answer", e);
        return false;
      }
    }

    @Override
    public Sandbox sandbox() {
      try {
        return box().sandbox();
      } catch (SandboxException | AgentException e) {
        throw Problems.stream(String.valueOf(e.getMessage()), null, e);
      }
    }

    @Override
    public Optional<Sandbox> current() {
      lock.lock();
      try {
        return Optional.ofNullable(box).map(Box::sandbox);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public String home() {
      return box().home();
    }

    void close() {
      lock.lock();
      try {
        closed = true;
        if (box != null) {
          boxes.close(box);
          box = null;
        }
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public void close() {
    byName.values().forEach(Shared::close);
  }
}
