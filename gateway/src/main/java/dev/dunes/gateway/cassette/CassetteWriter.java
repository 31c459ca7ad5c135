package dev.dunes.gateway.cassette;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Appends exchanges to a cassette, each as a group of lines in one write. Safe for use by several
 * threads.
 */
public final class CassetteWriter implements AutoCloseable {
  static final String HEADER = "dunes-cassette";
  static final int VERSION = 1;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final FileChannel file;
  private final Scrubber scrubber;
  private final ReentrantLock lock = new ReentrantLock();
  private int written;

  /**
   * @throws IOException when the file cannot be made or written, or is something else
   */
  public CassetteWriter(Path path, Scrubber scrubber) throws IOException {
    this.scrubber = scrubber;
    boolean fresh = !Files.exists(path) || Files.size(path) == 0;
    this.written = fresh ? 0 : Cassette.read(path).size();
    this.file =
        FileChannel.open(
            path,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    if (fresh) {
      append(JSON.createObjectNode().put(HEADER, VERSION) + "\n");
    }
  }

  /** Writes one exchange down. */
  public void write(Recording recording) throws IOException {
    lock.lock();
    try {
      int number = ++written;
      StringBuilder lines = new StringBuilder();
      lines.append(request(number, recording.request())).append('\n');
      lines
          .append(
              JSON.createObjectNode()
                  .put("answer", number)
                  .put("status", recording.status())
                  .put("content-type", recording.contentType()))
          .append('\n');
      for (Chunk chunk : scrubber.scrub(recording.chunks())) {
        lines.append(chunk(number, chunk)).append('\n');
      }
      lines
          .append(JSON.createObjectNode().put("end", number).put("ms", recording.millis()))
          .append('\n');
      append(lines.toString());
    } finally {
      lock.unlock();
    }
  }

  private ObjectNode request(int number, Conversation request) {
    ObjectNode json =
        JSON.createObjectNode()
            .put("request", number)
            .put("protocol", request.protocol().name().toLowerCase(Locale.ROOT))
            .put("kind", request.kind())
            .put("stream", request.stream())
            .put("tools", request.tools())
            .put("schema", request.schema())
            .put("key", request.key());
    ArrayNode turns = json.putArray("turns");
    for (Turn turn : request.turns()) {
      turns
          .addObject()
          .put("role", turn.role())
          .put("text", new Turn(turn.role(), scrubber.scrub(turn.text()), turn.sha()).beginning())
          .put("sha", turn.sha());
    }
    return json;
  }

  private static ObjectNode chunk(int number, Chunk chunk) {
    ObjectNode json = JSON.createObjectNode().put("chunk", number).put("ms", chunk.millis());
    try {
      return json.put("text", UTF_8.newDecoder().decode(ByteBuffer.wrap(chunk.bytes())).toString());
    } catch (CharacterCodingException e) { // cut within a character, or no text
      return json.put("base64", Base64.getEncoder().encodeToString(chunk.bytes()));
    }
  }

  private void append(String lines) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(lines.getBytes(UTF_8));
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
