package dev.dunes.session;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * A file of one JSON object a line that several processes may add to. A row is on the disk's side
 * of the kernel when {@link #append} returns: it survives the end of this process. A file that
 * cannot be written is said once in the log and then tolerated.
 */
final class JsonLinesFile {
  private static final Logger LOG = LoggerFactory.getLogger(JsonLinesFile.class);
  private static final Set<PosixFilePermission> OWNER =
      PosixFilePermissions.fromString("rw-------");
  private static final FileAttribute<?> PRIVATE = PosixFilePermissions.asFileAttribute(OWNER);
  private static final FileAttribute<?> PRIVATE_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Path file;
  private final Path lockFile;
  // A file lock is the process's: threads of one process need a lock of their own.
  private final ReentrantLock threads = new ReentrantLock();
  private boolean complained;

  JsonLinesFile(Path file) {
    this.file = file;
    this.lockFile = file.resolveSibling(file.getFileName() + ".lock");
  }

  Path path() {
    return file;
  }

  /** The rows that can be read, in order; broken ones are left out. */
  List<JsonNode> read() {
    List<JsonNode> rows = new ArrayList<>();
    // A row cut off in the middle of a character must not hide the ones before it.
    var decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(Files.newInputStream(file), decoder))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Json.parse(line.getBytes(StandardCharsets.UTF_8))
            .filter(JsonNode::isObject)
            .ifPresent(rows::add);
      }
    } catch (NoSuchFileException e) {
      return rows;
    } catch (IOException e) {
      LOG.warn("could not read {}: {}", file, e.toString());
    }
    return rows;
  }

  /** Adds a row. */
  boolean append(JsonNode row) {
    byte[] bytes = (Json.text(row) + "\n").getBytes(StandardCharsets.UTF_8);
    return guarded(() -> {
      try (FileChannel channel =
          FileChannel.open(
              file,
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
              PRIVATE)) {
        long end = channel.size();
        // What a killed process left of its last row must not swallow this one.
        boolean torn = end > 0 && last(channel, end) != '\n';
        channel.position(end);
        ByteBuffer data = ByteBuffer.wrap(torn ? prefixed(bytes) : bytes);
        try {
          while (data.hasRemaining()) {
            channel.write(data);
          }
        } catch (IOException e) {
          channel.truncate(end);
          throw e;
        }
      }
    });
  }

  /**
   * Replaces all rows at once by what is made of them; no row that another process adds meanwhile
   * is lost.
   */
  boolean rewrite(UnaryOperator<List<JsonNode>> change) {
    return guarded(() -> {
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      StringBuilder all = new StringBuilder();
      change.apply(read()).forEach(row -> all.append(Json.text(row)).append('\n'));
      Files.deleteIfExists(fresh);
      Files.createFile(fresh, PRIVATE);
      Files.writeString(fresh, all);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    });
  }

  private interface Work {
    void run() throws IOException;
  }

  private boolean guarded(Work work) {
    threads.lock();
    try {
      makePrivateDirectory(file.resolveSibling("."));
      try (FileChannel channel =
              FileChannel.open(
                  lockFile, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), PRIVATE);
          FileLock held = channel.lock()) {
        assert held.isValid();
        if (Files.exists(file) && !Files.getPosixFilePermissions(file).equals(OWNER)) {
          Files.setPosixFilePermissions(file, OWNER);
        }
        work.run();
        return true;
      }
    } catch (IOException e) {
      if (!complained) {
        complained = true;
        LOG.warn("could not write {}: {}; what is new is kept in memory only", file, e.toString());
      }
      return false;
    } finally {
      threads.unlock();
    }
  }

  static void makePrivateDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory.normalize(), PRIVATE_DIRECTORY);
    }
  }

  private static int last(FileChannel channel, long end) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    return channel.read(one, end - 1) == 1 ? one.get(0) : '\n';
  }

  private static byte[] prefixed(byte[] bytes) {
    byte[] all = new byte[bytes.length + 1];
    all[0] = '\n';
    System.arraycopy(bytes, 0, all, 1, bytes.length);
    return all;
  }
}
