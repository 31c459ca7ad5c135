package dev.dunes.gateway.cassette;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.dunes.gateway.ModelProtocol;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A cassette that was read. What answers a request is found by its content, never by its number.
 */
public final class Cassette {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final long MAX_BYTES = 256L * 1024 * 1024;
  private static final int ERROR = 400;

  private record Entry(int number, String key, Recording recording) {}

  private final List<Entry> entries;

  private Cassette(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * @throws IOException when it cannot be read, or a line is not what it should be: with its number
   */
  public static Cassette read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is larger than " + MAX_BYTES + " bytes");
    }
    List<Entry> entries = new ArrayList<>();
    int line = 0;
    try (BufferedReader lines = Files.newBufferedReader(file, UTF_8)) {
      line++;
      JsonNode header = parse(lines.readLine());
      if (header.path(CassetteWriter.HEADER).asInt(0) != CassetteWriter.VERSION) {
        throw new IllegalArgumentException("no cassette, or one of another version");
      }
      Group group = new Group();
      for (String text = lines.readLine(); text != null; text = lines.readLine()) {
        line++;
        if (!text.isBlank() && group.line(parse(text))) {
          entries.add(group.entry());
          group = new Group();
        }
      }
      group.checkEmpty();
    } catch (JacksonException | IllegalArgumentException e) {
      String reason =
          e instanceof JacksonException json ? json.getOriginalMessage() : e.getMessage();
      throw new IOException(file + ", line " + line + ": " + reason, e);
    }
    return new Cassette(entries);
  }

  private static JsonNode parse(@Nullable String line) {
    JsonNode json = line == null ? JSON.createObjectNode() : JSON.readTree(line);
    if (!json.isObject()) {
      throw new IllegalArgumentException("not an object");
    }
    return json;
  }

  /** How many exchanges there are. */
  public int size() {
    return entries.size();
  }

  /** The answer to a request: of several the last that was no error, else the last. */
  public Optional<Recording> find(Conversation request) {
    String key = request.key();
    List<Entry> fitting = entries.stream().filter(entry -> entry.key().equals(key)).toList();
    return fitting.reversed().stream()
        .filter(entry -> entry.recording().status() < ERROR)
        .findFirst()
        .or(() -> fitting.isEmpty() ? Optional.empty() : Optional.of(fitting.getLast()))
        .map(Entry::recording);
  }

  /** Which recorded request is most like this one, and where they part; for people. */
  public String nearest(Conversation request) {
    return entries.stream()
        .max(
            Comparator.comparing((Entry entry) -> sameKind(entry.recording().request(), request))
                .thenComparing(entry -> common(entry.recording().request(), request))
                .thenComparing(entry ->
                    -Math.abs(entry.recording().request().turns().size() - request.turns().size())))
        .map(entry -> difference(entry, request))
        .orElse("nothing is recorded");
  }

  private static boolean sameKind(Conversation one, Conversation other) {
    return one.protocol() == other.protocol() && one.kind().equals(other.kind());
  }

  private static int common(Conversation one, Conversation other) {
    int count = 0;
    while (count < Math.min(one.turns().size(), other.turns().size())
        && one.turns().get(count).same(other.turns().get(count))) {
      count++;
    }
    return count;
  }

  private static String difference(Entry entry, Conversation request) {
    Conversation recorded = entry.recording().request();
    String name = "request " + entry.number() + " of the cassette is nearest; ";
    if (!sameKind(recorded, request)) {
      return name + "it is of another kind: " + recorded.kind() + ", not " + request.kind();
    }
    int turn = common(recorded, request);
    if (turn == recorded.turns().size() && turn == request.turns().size()) {
      return name
          + "all that was said is the same, but stream/tools/schema are "
          + flags(recorded)
          + " there and "
          + flags(request)
          + " here";
    }
    return name
        + "they part at turn "
        + (turn + 1)
        + ": there "
        + said(recorded, turn)
        + ", here "
        + said(request, turn);
  }

  private static String flags(Conversation request) {
    return request.stream() + "/" + request.tools() + "/" + request.schema();
  }

  private static String said(Conversation request, int turn) {
    if (turn >= request.turns().size()) {
      return "it ends";
    }
    Turn said = request.turns().get(turn);
    return said.role() + " \"" + said.beginning() + "\"";
  }

  /** The lines of one exchange as they come. */
  private static final class Group {
    private @Nullable JsonNode request;
    private @Nullable JsonNode answer;
    private final List<Chunk> chunks = new ArrayList<>();
    private long millis;

    /** Returns whether it was the last one. */
    boolean line(JsonNode json) {
      if (json.has("request") && request == null) {
        request = json;
      } else if (json.has("answer") && request != null && answer == null) {
        answer = json;
      } else if (json.has("chunk") && answer != null) {
        chunks.add(new Chunk(json.path("ms").asLong(0), bytes(json)));
      } else if (json.has("end") && answer != null) {
        millis = json.path("ms").asLong(0);
        return true;
      } else {
        throw new IllegalArgumentException("not the line that should be here");
      }
      return false;
    }

    private static byte[] bytes(JsonNode json) {
      return json.has("base64")
          ? Base64.getDecoder().decode(json.path("base64").asString(""))
          : json.path("text").asString("").getBytes(UTF_8);
    }

    void checkEmpty() {
      if (request != null) {
        throw new IllegalArgumentException("the last exchange has no end");
      }
    }

    Entry entry() {
      JsonNode asked = requireNonNull(request);
      JsonNode answered = requireNonNull(answer);
      List<Turn> turns = new ArrayList<>();
      for (JsonNode turn : asked.path("turns")) {
        turns.add(
            new Turn(
                turn.path("role").asString(""),
                turn.path("text").asString(""),
                turn.path("sha").asString("")));
      }
      Conversation conversation =
          new Conversation(
              ModelProtocol.valueOf(asked.path("protocol").asString("").toUpperCase(Locale.ROOT)),
              asked.path("kind").asString(""),
              asked.path("stream").asBoolean(false),
              asked.path("tools").asBoolean(false),
              asked.path("schema").asBoolean(false),
              turns);
      return new Entry(
          asked.path("request").asInt(0),
          conversation.key(),
          new Recording(
              conversation,
              answered.path("status").asInt(0),
              answered.path("content-type").asString(""),
              chunks,
              millis));
    }
  }
}
