package dev.dunes.session;

import dev.dunes.sandbox.SandboxInfo;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Labels of the sandboxes of runs: which run, whose, until when. Another process can tell from them
 * what was left over. Query API 3.3.
 */
final class Ownership {
  private static final String FILE = "instance";
  static final String MANAGED = "sandstorm.managed";
  static final String RUN = "dunes.run";
  static final String INSTANCE = "dunes.instance";
  static final String PROCESS = "dunes.process";
  static final String DEADLINE = "dunes.deadline";
  static final String KEEP = "dunes.keep";

  private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);
  private static final Duration GRACE = Duration.ofSeconds(60);
  private static final Pattern ID = Pattern.compile("[0-9a-f-]{36}");

  private final Path directory;
  private final String process = ProcessMark.current().toString();
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable String instance;

  private Ownership(Path directory) {
    this.directory = directory;
  }

  /**
   * That of a working directory: its id is kept beside its runs, from the first of them on. Just
   * looking makes nothing.
   */
  static Ownership of(Path storeDirectory) {
    return new Ownership(storeDirectory);
  }

  /** The id of this working directory, made when there is none. */
  private String instance() {
    lock.lock();
    try {
      if (instance == null) {
        instance = readOrMake();
      }
      return instance;
    } finally {
      lock.unlock();
    }
  }

  /** The id of this working directory, if it ever had a run. */
  private Optional<String> known() {
    lock.lock();
    try {
      return instance == null && !Files.exists(directory.resolve(FILE))
          ? Optional.empty()
          : Optional.of(instance());
    } finally {
      lock.unlock();
    }
  }

  private String readOrMake() {
    Path file = directory.resolve(FILE);
    try {
      JsonLinesFile.makePrivateDirectory(directory);
      try {
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, UUID.randomUUID().toString());
      } catch (FileAlreadyExistsException e) {
        LOG.debug("{} is there", file);
      }
      String id = Files.readString(file).strip();
      if (ID.matcher(id).matches()) {
        return id;
      }
      // Written by nobody, or cut off by a kill.
      Files.writeString(file, UUID.randomUUID().toString());
      return Files.readString(file).strip();
    } catch (NoSuchFileException e) {
      return UUID.randomUUID().toString();
    } catch (IOException e) {
      LOG.warn(
          "could not keep an instance id in {}: {}; leftovers are only found by their deadline",
          file,
          e.toString());
      return UUID.randomUUID().toString();
    }
  }

  Map<String, String> labels(String runId, Instant deadline, boolean keep) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put(MANAGED, "true");
    labels.put(RUN, runId);
    labels.put(INSTANCE, instance());
    labels.put(PROCESS, process);
    labels.put(DEADLINE, Long.toString(deadline.getEpochSecond()));
    if (keep) {
      labels.put(KEEP, "true");
    }
    return labels;
  }

  /** Whether a sandbox was left over, given the runs that live in this process. */
  boolean leftOver(SandboxInfo sandbox, Set<String> live) {
    Map<String, String> labels = sandbox.labels();
    if (!"true".equals(labels.get(MANAGED))) {
      return false;
    }
    if (deadline(labels).filter(end -> end.plus(GRACE).isBefore(Instant.now())).isPresent()) {
      return true;
    }
    if (labels.containsKey(KEEP)
        || known().filter(id -> id.equals(labels.get(INSTANCE))).isEmpty()) {
      return false;
    }
    String owner = labels.getOrDefault(PROCESS, "");
    return owner.equals(process)
        ? !live.contains(labels.getOrDefault(RUN, ""))
        : ProcessMark.parse(owner).filter(ProcessMark::ended).isPresent();
  }

  private static Optional<Instant> deadline(Map<String, String> labels) {
    try {
      return Optional.ofNullable(labels.get(DEADLINE))
          .map(Long::parseLong)
          .map(Instant::ofEpochSecond);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
