package dev.dunes.hosting;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * The sandboxes there are, a file each. One server at a time writes them; who dies lets go of the
 * lock.
 */
final class Ledger implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);

  /** The ledger a sandbox belongs to. */
  static final String LABEL_LEDGER = "dunes.hosting";

  /** What the sandbox is called here. */
  static final String LABEL_SANDBOX = "dunes.hosted";

  /** Whose it is. */
  static final String LABEL_ACCOUNT = "dunes.account";

  private final Path directory;
  private final Path sandboxes;
  private @Nullable FileChannel channel;

  /**
   * A sandbox as it is kept.
   *
   * @param way what its way out is opened again by
   */
  record Kept(
      SandboxOrder order,
      SandboxCondition condition,
      Optional<EgressRules> egress,
      Optional<String> way) {
    /** A secret is for the file only, never for logs. */
    @Override
    public String toString() {
      return "Kept[%s, %s]".formatted(order.id(), condition);
    }
  }

  Ledger(Path directory) {
    this.directory = directory;
    this.sandboxes = directory.resolve("sandboxes");
  }

  /** Whether anything was ever kept here. */
  boolean exists() {
    return Files.isDirectory(sandboxes);
  }

  /** Takes the lock; false when another server has it. */
  boolean take() throws IOException {
    HostingJson.makeDirectory(directory);
    HostingJson.makeDirectory(sandboxes);
    FileChannel opened =
        FileChannel.open(
            directory.resolve("server.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    @Nullable FileLock lock;
    try {
      lock = opened.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null; // another server of this process
    }
    if (lock == null) {
      opened.close();
      return false;
    }
    channel = opened;
    emptySpool();
    return true;
  }

  /** Where uploads wait. */
  Path spool() {
    return directory.resolve("spool");
  }

  /** What a server that was killed has left there. */
  private void emptySpool() throws IOException {
    if (Files.isDirectory(spool())) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(spool())) {
        for (Path file : files) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  /** A name for what belongs to this ledger, kept with it. */
  String id() throws IOException {
    Path file = directory.resolve("id.json");
    try {
      return HostingJson.MAPPER.readValue(Files.readAllBytes(file), String.class);
    } catch (NoSuchFileException e) {
      LOG.debug("a new ledger in {}", directory);
    }
    String fresh = Tokens.id("h");
    HostingJson.write(file, fresh, true);
    return fresh;
  }

  List<Kept> read() throws IOException {
    List<Kept> all = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(sandboxes, "[!.]*.json")) {
      for (Path file : files) {
        kept(file).ifPresent(all::add);
      }
    }
    return all;
  }

  private static Optional<Kept> kept(Path file) throws IOException {
    try {
      return Optional.of(HostingJson.MAPPER.readValue(Files.readAllBytes(file), Kept.class));
    } catch (JacksonException e) {
      // What it was about ends by itself; what it says may help somebody.
      Path aside = file.resolveSibling("." + file.getFileName() + ".unreadable");
      Files.move(file, aside, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      LOG.error("{} cannot be read and was put aside: {}", file, e.getOriginalMessage());
      return Optional.empty();
    }
  }

  /**
   * Keeps a sandbox as it is now.
   *
   * @param durable whether the sandbox itself would outlive a loss of power
   */
  void write(Kept sandbox, boolean durable) throws IOException {
    HostingJson.write(file(sandbox.order().id()), sandbox, durable);
  }

  void remove(String id) throws IOException {
    Files.deleteIfExists(file(id));
  }

  private Path file(String id) {
    return sandboxes.resolve(id + ".json");
  }

  @Override
  public void close() throws IOException {
    FileChannel opened = channel;
    channel = null;
    if (opened != null) {
      opened.close(); // which lets go of the lock
    }
  }
}
