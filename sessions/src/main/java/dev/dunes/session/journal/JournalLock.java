package dev.dunes.session.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * One process at a time writes a journal: sequences and followers live in it. The system lets go of
 * the lock when the process ends, however that happens.
 */
final class JournalLock implements AutoCloseable {
  private static final int MOST_READ = 32;

  private final FileChannel channel;

  private JournalLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * @throws JournalException {@code IN_USE} when somebody has it
   */
  static JournalLock take(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw inUse(file);
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
      return new JournalLock(channel);
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw inUse(file);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static JournalException inUse(Path file) throws IOException {
    String pid = Files.readString(file).strip();
    String who =
        pid.matches("[0-9]{1,10}") && pid.length() <= MOST_READ
            ? "process " + pid
            : "another process";
    return new JournalException(
        JournalException.Reason.IN_USE,
        "%s uses the sessions of %s".formatted(who, file.getParent()),
        "talk to that server, end it, or work in another directory",
        null);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
