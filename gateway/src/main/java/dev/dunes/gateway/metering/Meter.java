package dev.dunes.gateway.metering;

import dev.dunes.gateway.ModelProtocol;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Watches an answer go by and counts its tokens. Keeps at most one line of it. Not safe for use by
 * several threads.
 */
public final class Meter {
  /** A line with usage is a few hundred bytes; what is longer is text or a picture. */
  private static final int MAX_LINE = 256 * 1024;

  private static final int FIRST_LINE = 512;
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] USAGE = "\"usage".getBytes(StandardCharsets.US_ASCII);

  /** Of a line with the smallest possible piece of an answer: what is around the text. */
  private static final int FRAME = 90;

  private static final int BYTES_PER_TOKEN = 4;

  private final UsageFields fields;
  private final boolean events;
  private @Nullable UsageJson whole; // made when needed: parsers are not cheap
  private byte[] line = {};
  private int length;
  private boolean tooLong;
  private long bytes;
  private long estimatedOutput;

  private Meter(ModelProtocol protocol, boolean events) {
    this.fields = new UsageFields(protocol);
    this.events = events;
  }

  /**
   * For an answer of this content type: events one by one, or one JSON text.
   *
   * @param contentType of the answer's header, or empty
   */
  public static Meter of(ModelProtocol protocol, String contentType) {
    return new Meter(
        protocol, contentType.toLowerCase(Locale.ROOT).startsWith("text/event-stream"));
  }

  /**
   * The next bytes.
   *
   * @return whether they said something of usage
   */
  public boolean accept(byte[] chunk) {
    bytes += chunk.length;
    if (!events) {
      TokenCounts before = fields.counts();
      UsageJson json = whole == null ? new UsageJson(fields) : whole;
      whole = json;
      json.accept(chunk, 0, chunk.length);
      return !before.equals(fields.counts());
    }
    boolean said = false;
    int start = 0;
    for (int i = 0; i < chunk.length; i++) {
      if (chunk[i] == '\n') {
        append(chunk, start, i);
        said |= line();
        start = i + 1;
      }
    }
    append(chunk, start, chunk.length);
    return said;
  }

  private void append(byte[] chunk, int start, int end) {
    int more = end - start;
    if (tooLong || length + more > MAX_LINE) {
      tooLong = true;
      length += more; // only its size matters now
      return;
    }
    if (length + more > line.length) {
      line = Arrays.copyOf(line, Math.max(Math.max(FIRST_LINE, line.length * 2), length + more));
    }
    System.arraycopy(chunk, start, line, length, more);
    length += more;
  }

  private boolean line() {
    boolean said = false;
    if (tooLong) {
      estimatedOutput += length / BYTES_PER_TOKEN;
    } else if (startsWithData()) {
      estimatedOutput += 1 + Math.max(0, length - FRAME) / BYTES_PER_TOKEN;
      if (contains(USAGE)) {
        new UsageJson(fields).accept(line, DATA.length, length);
        said = true;
      }
    }
    length = 0;
    tooLong = false;
    return said;
  }

  private boolean startsWithData() {
    return length >= DATA.length && Arrays.equals(line, 0, DATA.length, DATA, 0, DATA.length);
  }

  private boolean contains(byte[] word) {
    for (int i = 0; i + word.length <= length; i++) {
      if (line[i] == word[0] && Arrays.equals(line, i, i + word.length, word, 0, word.length)) {
        return true;
      }
    }
    return false;
  }

  /** What the answer named as its model, or empty. */
  public String model() {
    return fields.model();
  }

  /** What has been said so far. */
  public TokenCounts counts() {
    return fields.counts();
  }

  /** Whether only the beginning of an answer has spoken, and more of it is to come. */
  public boolean justBegun() {
    return events && !fields.lastSeen();
  }

  /** Whether what came in and what went out has been said. */
  public boolean said() {
    return fields.inputSeen() && fields.outputSeen();
  }

  /**
   * For an answer that broke off before it said all: what was said, or more by the size of what
   * passed. It errs to the high side, so that breaking off is no way around a budget.
   *
   * @param requestBytes the size of the request, when it was sent whole
   */
  public TokenCounts estimate(long requestBytes) {
    TokenCounts said = fields.counts();
    long output = events ? estimatedOutput + length / BYTES_PER_TOKEN : bytes / BYTES_PER_TOKEN;
    return new TokenCounts(
        fields.inputSeen() ? said.input() : requestBytes / BYTES_PER_TOKEN,
        said.cacheRead(),
        said.cacheWrite(),
        said.cacheWriteHour(),
        Math.max(said.output(), output));
  }
}
