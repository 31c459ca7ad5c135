package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The file of a log: a line each for messages and notes. It has a bound: when it is reached, the
 * older half is left out, in a new file that takes the place of the old one. Positions are counted
 * from the beginning of the first file, so they go on; who reads the old file reads it to its end.
 * Not safe for use by several threads: its log's lock guards it.
 */
final class LogFile implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LogFile.class);
  private static final int PIECE = 1 << 20;

  /** A place is remembered every so many messages, or bytes. */
  private static final int STRIDE = 256;

  private final Path path;
  private final AcpMemory memory;
  private final long bound;
  private RandomAccessFile file;
  private List<Place> places = new ArrayList<>();

  /** What a position has more than the place in the file. */
  private long shift;

  private long end;
  private long last;

  /** The last message that was left out. */
  private long dropped;

  /** The size at which the older half is left out. */
  private long full;

  /**
   * Where a message begins.
   *
   * @param id its number
   */
  private record Place(long id, long position) {}

  private LogFile(Path path, RandomAccessFile file, AcpMemory memory, long bound) {
    this.path = path;
    this.file = file;
    this.memory = memory;
    this.bound = bound;
    this.full = bound;
  }

  /** A new one. */
  static LogFile create(Path path, AcpMemory memory, long bound) throws IOException {
    Files.createFile(
        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return new LogFile(path, new RandomAccessFile(path.toFile(), "rw"), memory, bound);
  }

  /** One that is there; a last line that was not finished is dropped. */
  static LogFile open(Path path, AcpMemory memory, long bound) throws IOException {
    LogFile log = new LogFile(path, new RandomAccessFile(path.toFile(), "rw"), memory, bound);
    try {
      log.scan();
    } catch (IOException | RuntimeException e) {
      log.close();
      throw e;
    }
    return log;
  }

  private void scan() throws IOException {
    long size = file.length();
    try (LogLines lines = new LogLines(path, 0, 0)) {
      while (lines.next(size)) {
        JsonNode json;
        try {
          json = Json.MAPPER.readTree(lines.bytes(), lines.from() + 1, lines.length() - 1);
        } catch (JacksonException e) {
          throw new IOException("a line of " + path.getFileName() + " is damaged", e);
        }
        if (lines.kind() == AcpLog.NOTE && json instanceof ObjectNode note) {
          memory.note(note);
          if (note.has("dropped")) {
            dropped = note.get("dropped").asLong();
            last = dropped;
          }
        } else {
          remember(++last, lines.position());
          memory.message(json);
        }
        end = lines.after();
      }
    }
    if (end < size) {
      file.setLength(end);
    }
  }

  private void remember(long id, long position) {
    if (places.isEmpty()
        || id - places.getLast().id() >= STRIDE
        || position - places.getLast().position() >= PIECE) {
      places.add(new Place(id, position));
    }
  }

  /** The number of the last message; 0 before the first. */
  long last() {
    return last;
  }

  /** Where what is complete ends. */
  long end() {
    return end;
  }

  /** The last message that is not here any more; 0 when all are. */
  long dropped() {
    return dropped;
  }

  /** Adds lines of one kind. */
  void add(byte kind, List<byte[]> lines) throws IOException {
    if (end - shift >= full) {
      dropOlderHalf();
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    long[] starts = new long[lines.size()];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = end + all.size();
      all.write(kind);
      all.writeBytes(lines.get(i));
      all.write('\n');
    }
    try {
      file.seek(end - shift);
      file.write(all.toByteArray());
    } catch (IOException e) {
      // Nothing of it counts: the next one is written over it.
      throw new IOException("what is sent could not be kept: " + e.getMessage(), e);
    }
    if (kind != AcpLog.NOTE) {
      for (long start : starts) {
        remember(++last, start);
      }
    }
    end += all.size();
  }

  /** Keeps what fits into half of the bound, and at least the last piece. */
  private void dropOlderHalf() throws IOException {
    if (places.isEmpty()) {
      return;
    }
    Place cut =
        places.stream()
            .filter(place -> end - place.position() <= bound / 2)
            .findFirst()
            .orElseGet(() -> places.getLast());
    Path next = path.resolveSibling(path.getFileName() + ".new");
    byte[] head = head(cut.id() - 1);
    try {
      RandomAccessFile other = fresh(next);
      try {
        other.write(head);
        copy(cut.position() - shift, end - shift, other);
        file.setLength(end - shift); // who still reads it finds nothing that does not count
        Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        other.close();
        throw e;
      }
      file.close();
      file = other;
    } catch (IOException e) {
      Files.deleteIfExists(next);
      if (end - shift >= 2 * bound) {
        throw new IOException("what is sent could not be kept within its bound: " + e, e);
      }
      LOG.warn(
          "{} has reached its bound, and goes on growing: {}", path.getFileName(), e.toString());
      full += bound / 4;
      return;
    }
    shift = cut.position() - head.length;
    dropped = cut.id() - 1;
    places = new ArrayList<>(places.subList(places.indexOf(cut), places.size()));
    full = Math.max(bound, end - shift + bound / 2);
  }

  private byte[] head(long left) {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    List<ObjectNode> notes = new ArrayList<>(memory.notes());
    notes.add(Json.object().put("dropped", left));
    for (ObjectNode note : notes) {
      head.write(AcpLog.NOTE);
      head.writeBytes(Json.bytes(note));
      head.write('\n');
    }
    return head.toByteArray();
  }

  private static RandomAccessFile fresh(Path path) throws IOException {
    Files.deleteIfExists(path);
    Files.createFile(
        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return new RandomAccessFile(path.toFile(), "rw");
  }

  private void copy(long from, long to, RandomAccessFile other) throws IOException {
    byte[] piece = new byte[PIECE];
    file.seek(from);
    for (long left = to - from; left > 0; ) {
      int count = file.read(piece, 0, (int) Math.min(left, piece.length));
      if (count < 0) {
        throw new IOException(path.getFileName() + " is shorter than what was written");
      }
      other.write(piece, 0, count);
      left -= count;
    }
  }

  /**
   * Lines to read, at or before a message.
   *
   * @param before the number of the message before the first of them
   */
  record Start(LogLines lines, long before) {}

  /** Lines to read that begin at or before the message after this one. */
  Start after(long message) throws IOException {
    int found =
        Collections.binarySearch(
            places, new Place(message + 1, 0), Comparator.comparingLong(Place::id));
    int index = found >= 0 ? found : -found - 2;
    if (message >= last) {
      return new Start(new LogLines(path, end - shift, shift), last);
    }
    Place place = places.get(Math.max(0, index));
    return new Start(new LogLines(path, place.position() - shift, shift), place.id() - 1);
  }

  /** Lines to read from a position on, which was the end of an older file. */
  Start at(long position, long message) throws IOException {
    if (message < dropped) {
      return after(dropped);
    }
    // Before the first place there are notes.
    long from = places.isEmpty() ? position : Math.max(position, places.getFirst().position());
    return new Start(new LogLines(path, from - shift, shift), message);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** Closes it and removes it. */
  void delete() throws IOException {
    close();
    Files.deleteIfExists(path);
  }
}
