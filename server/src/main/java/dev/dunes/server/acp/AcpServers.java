package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import dev.dunes.server.v1.Problem;
import dev.dunes.server.v1.ProblemType;
import dev.dunes.session.AgentStatus;
import dev.dunes.session.SessionException;
import dev.dunes.session.Sessions;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/** The ACP servers there are, also those that rest in files. Safe for use by several threads. */
final class AcpServers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AcpServers.class);

  /** Logs nobody has touched for so long are removed at the start. */
  private static final Duration RETENTION = Duration.ofDays(30);

  private final Path directory;
  private final long bound;
  private final Sessions sessions;
  private final Workplace workplace;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, Slot> slots = new HashMap<>();
  private boolean listed;

  /** A server: being started, awake or at rest. */
  private static final class Slot {
    final AcpIdentity identity;
    final ReentrantLock opening = new ReentrantLock();
    boolean starting;
    @Nullable AcpServer server;

    Slot(AcpIdentity identity) {
      this.identity = identity;
    }
  }

  /**
   * @param directory for what is sent
   * @param bound of what is kept of each server, in bytes
   */
  AcpServers(Path directory, long bound, Sessions sessions, Workplace workplace) {
    this.directory = directory;
    this.bound = bound;
    this.sessions = sessions;
    this.workplace = workplace;
  }

  /** Those that have been started, by id. */
  List<AcpIdentity> list() throws IOException {
    lock.lock();
    try {
      readDirectory();
      return slots.values().stream()
          .filter(slot -> !slot.starting)
          .map(slot -> slot.identity)
          .sorted(Comparator.comparing(AcpIdentity::id))
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** The server of this id, woken when it rests. */
  Optional<AcpServer> find(String id) throws IOException {
    Slot slot;
    lock.lock();
    try {
      readDirectory();
      slot = slots.get(id);
      if (slot == null || slot.starting) {
        return Optional.empty();
      }
    } finally {
      lock.unlock();
    }
    return Optional.of(wake(slot));
  }

  /** The same; waits so long for one that is not there yet, and as long as one is being started. */
  Optional<AcpServer> await(String id, Duration limit) throws IOException, InterruptedException {
    long left = limit.toNanos();
    lock.lock();
    try {
      readDirectory();
      while (true) {
        Slot slot = slots.get(id);
        if (slot != null && !slot.starting) {
          break;
        }
        if (slot == null && left <= 0) {
          return Optional.empty();
        }
        if (slot == null) {
          left = changed.awaitNanos(left);
        } else {
          changed.await();
        }
      }
    } finally {
      lock.unlock();
    }
    return find(id);
  }

  /** The agent a server is, or will be, bound to. */
  Optional<String> agentOf(String id) throws IOException {
    lock.lock();
    try {
      readDirectory();
      return Optional.ofNullable(slots.get(id)).map(slot -> slot.identity.agent());
    } finally {
      lock.unlock();
    }
  }

  /**
   * The server of this id, made when there is none; its agent is installed first.
   *
   * @throws RpcException when the agent cannot be; then there is no server
   */
  AcpServer findOrStart(String id, String agent) throws IOException, InterruptedException {
    Slot slot;
    boolean mine = false;
    lock.lock();
    try {
      readDirectory();
      while (slots.containsKey(id) && slots.get(id).starting) {
        changed.await();
      }
      slot = slots.get(id);
      if (slot == null) {
        slot = new Slot(new AcpIdentity(id, agent, System.currentTimeMillis()));
        slot.starting = true;
        slots.put(id, slot);
        mine = true;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    return mine ? start(slot) : wake(slot);
  }

  private AcpServer start(Slot slot) throws IOException {
    AcpServer server = null;
    try {
      install(slot.identity.agent());
      server =
          AcpServer.create(slot.identity, file(slot.identity.id()), bound, sessions, workplace);
      return server;
    } finally {
      lock.lock();
      try {
        if (server == null) {
          slots.remove(slot.identity.id());
        } else {
          slot.server = server;
        }
        slot.starting = false;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void install(String agent) {
    try {
      AgentStatus status = sessions.agent(agent);
      if (status.traits().unavailable().isPresent()) {
        throw RpcException.of(
            Problem.of(
                    ProblemType.AGENT_NOT_INSTALLED,
                    "agent not installed: " + agent + ": " + status.traits().unavailable().get())
                .with("agent", agent));
      }
      if (!status.installed()) {
        sessions.install(agent, false);
      }
    } catch (SessionException e) {
      throw RpcException.of(e);
    }
  }

  private AcpServer wake(Slot slot) throws IOException {
    slot.opening.lock();
    try {
      AcpServer server = slot.server;
      if (server == null) {
        server =
            AcpServer.open(slot.identity, file(slot.identity.id()), bound, sessions, workplace);
        slot.server = server;
      }
      return server;
    } finally {
      slot.opening.unlock();
    }
  }

  /** Ends a server and what it has begun; false when there is none. */
  boolean delete(String id) throws IOException {
    Slot slot;
    lock.lock();
    try {
      readDirectory();
      slot = slots.get(id);
      if (slot == null || slot.starting) {
        return false;
      }
      slots.remove(id);
    } finally {
      lock.unlock();
    }
    AcpServer server = wake(slot);
    server.log().delete();
    for (String session : server.sessionIds()) {
      Thread.ofVirtual().name("acp-end-" + session).start(() -> rest(session));
    }
    return true;
  }

  /** The session stays, to be loaded by somebody else; its agent is stopped. */
  private void rest(String session) {
    try {
      sessions.get(session).rest();
    } catch (SessionException e) {
      LOG.debug("session {} was gone: {}", session, e.detail());
    }
  }

  /** Lets those rest that nobody has used for so long. */
  void restAbandoned(Duration limit) throws IOException {
    List<Slot> awake;
    lock.lock();
    try {
      awake = slots.values().stream().filter(slot -> slot.server != null).toList();
    } finally {
      lock.unlock();
    }
    for (Slot slot : awake) {
      slot.opening.lock();
      try {
        AcpServer server = slot.server;
        if (server != null && server.abandoned(limit.toNanos())) {
          server.log().close();
          slot.server = null;
          server.sessionIds().forEach(this::rest);
        }
      } finally {
        slot.opening.unlock();
      }
    }
  }

  private Path file(String id) throws IOException {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
      return directory.resolve(HexFormat.of().formatHex(digest) + ".acp");
    } catch (NoSuchAlgorithmException e) {
      throw new IOException(e);
    }
  }

  private void readDirectory() throws IOException {
    if (listed) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.{acp,acp.new}")) {
      for (Path file : files) {
        if (file.toString().endsWith(".acp")) {
          read(file);
        } else {
          Files.deleteIfExists(file); // its making was cut off
        }
      }
    }
    listed = true;
  }

  private void read(Path file) throws IOException {
    if (Files.getLastModifiedTime(file).toInstant().isBefore(Instant.now().minus(RETENTION))) {
      Files.deleteIfExists(file);
      return;
    }
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      String line = reader.readLine();
      if (line != null
          && line.startsWith("N")
          && Json.MAPPER.readTree(line.substring(1)) instanceof ObjectNode note) {
        AcpIdentity identity = AcpIdentity.of(note);
        slots.put(identity.id(), new Slot(identity));
        return;
      }
    } catch (IOException | JacksonException e) {
      LOG.warn("{} is no log of an ACP server: {}", file.getFileName(), e.toString());
    }
    // It was not even begun: nobody has got anything from it.
    Files.deleteIfExists(file);
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      for (Slot slot : slots.values()) {
        if (slot.server != null) {
          slot.server.log().close();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** How often to look for abandoned servers. */
  static final long LOOK_EVERY_MILLIS = TimeUnit.SECONDS.toMillis(30);
}
