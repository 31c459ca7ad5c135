package dev.dunes.gateway.cassette;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.gateway.Secret;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Takes keys out of what is written down, and gives ids of the vendors small numbers. Works on the
 * whole answer, so that a key cut in two by the network is found; the places where it was cut stay.
 */
public final class Scrubber {
  static final String KEY = "<key>";

  /** Keys of vendors by their shape, whoever they belong to. */
  private static final String SHAPES =
      String.join(
          "|",
          "\\bsk-[A-Za-z0-9_-]{20,}",
          "\\bAIza[0-9A-Za-z_-]{35}",
          "\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b",
          "\\bgh[pousr]_[A-Za-z0-9]{36,}",
          "\\bgithub_pat_[A-Za-z0-9_]{22,}",
          "\\bxox[abprs]-[A-Za-z0-9-]{10,}",
          "\\beyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}",
          "\\bya29\\.[A-Za-z0-9_-]{20,}",
          "\\bdunes-[A-Za-z0-9_-]{43}");

  private static final Pattern IDS =
      Pattern.compile(
          "\\b(msg|toolu|srvtoolu|resp|rs|fc|call|ctc|chatcmpl|req|gen)([_-])"
              + "(?=[A-Za-z]*\\d)[A-Za-z0-9]{16,}\\b");

  private final Pattern keys;
  private final Map<String, String> ids = new HashMap<>();

  /**
   * @param secrets to be found wherever they are, besides what looks like a key
   */
  public Scrubber(Collection<Secret> secrets) {
    String known =
        secrets.stream()
            .map(Secret::reveal)
            .map(each -> new String(each.getBytes(UTF_8), ISO_8859_1))
            .map(each -> Pattern.quote(each) + "|")
            .collect(Collectors.joining());
    this.keys = Pattern.compile(known + SHAPES);
  }

  /** Without keys; ids stay. */
  public String scrub(String text) {
    String bytes = new String(text.getBytes(UTF_8), ISO_8859_1);
    String clean = keys.matcher(bytes).replaceAll(KEY);
    return new String(clean.getBytes(ISO_8859_1), UTF_8);
  }

  /** The same pieces without keys and with small ids; a replacement stays in one piece. */
  List<Chunk> scrub(List<Chunk> chunks) {
    return replace(replace(chunks, keys, match -> KEY), IDS, this::smallId);
  }

  private synchronized String smallId(Matcher match) {
    return ids.computeIfAbsent(
        match.group(), id -> match.group(1) + match.group(2) + "%016d".formatted(ids.size() + 1));
  }

  private interface Replacement {
    String of(Matcher match);
  }

  /** One byte is one character here, so that places in the text are places in the bytes. */
  private static List<Chunk> replace(List<Chunk> chunks, Pattern pattern, Replacement with) {
    StringBuilder whole = new StringBuilder();
    chunks.forEach(chunk -> whole.append(new String(chunk.bytes(), ISO_8859_1)));
    Matcher match = pattern.matcher(whole);
    if (!match.find()) {
      return chunks;
    }
    StringBuilder clean = new StringBuilder();
    List<Chunk> result = new ArrayList<>();
    int[] start = {0};
    int done = 0; // in the old text
    int chunk = 0;
    int chunkEnd = chunks.getFirst().bytes().length;
    boolean more = true;
    while (chunk < chunks.size()) {
      // a match that begins in this piece is written into it whole
      if (more && match.start() < chunkEnd) {
        clean.append(whole, done, match.start()).append(with.of(match));
        done = match.end();
        more = match.find();
      } else {
        if (done < chunkEnd) {
          clean.append(whole, done, chunkEnd);
          done = chunkEnd;
        }
        result.add(piece(chunks.get(chunk), clean, start));
        chunk++;
        chunkEnd += chunk < chunks.size() ? chunks.get(chunk).bytes().length : 0;
      }
    }
    return result;
  }

  private static Chunk piece(Chunk old, StringBuilder clean, int[] start) {
    byte[] bytes = clean.substring(start[0]).getBytes(ISO_8859_1);
    start[0] = clean.length();
    return new Chunk(old.millis(), bytes);
  }
}
