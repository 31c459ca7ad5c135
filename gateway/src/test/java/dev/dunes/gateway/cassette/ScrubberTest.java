package dev.dunes.gateway.cassette;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.gateway.Secret;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ScrubberTest {
  private static final String KEY = "the-key-of-the-test";
  private static final String TEXT =
      "a" + KEY + "ü" + KEY + KEY + " id msg_01AbCdEfGhIjKlMnOp again msg_01AbCdEfGhIjKlMnOp end";

  private static String join(List<Chunk> chunks) {
    byte[] all = new byte[chunks.stream().mapToInt(chunk -> chunk.bytes().length).sum()];
    int at = 0;
    for (Chunk chunk : chunks) {
      System.arraycopy(chunk.bytes(), 0, all, at, chunk.bytes().length);
      at += chunk.bytes().length;
    }
    return new String(all, UTF_8);
  }

  /** Wherever the network cuts, the same is found, and there are as many pieces as before. */
  @Property
  void cutsDoNotHideKeys(@ForAll @Size(max = 12) List<@IntRange(min = 0, max = 130) Integer> cuts) {
    byte[] bytes = TEXT.getBytes(UTF_8);
    List<Integer> places = new ArrayList<>(cuts);
    places.removeIf(place -> place > bytes.length);
    places.sort(null);
    List<Chunk> chunks = new ArrayList<>();
    int start = 0;
    for (int place : places) {
      chunks.add(new Chunk(place, Arrays.copyOfRange(bytes, start, place)));
      start = place;
    }
    chunks.add(new Chunk(999, Arrays.copyOfRange(bytes, start, bytes.length)));

    List<Chunk> clean = new Scrubber(List.of(Secret.of(KEY))).scrub(chunks);
    assertThat(join(clean))
        .isEqualTo("a<key>ü<key><key> id msg_0000000000000001 again msg_0000000000000001 end");
    assertThat(clean)
        .extracting(Chunk::millis)
        .isEqualTo(chunks.stream().map(Chunk::millis).toList());
  }

  @Test
  void keysAreKnownByTheirShape() {
    Scrubber scrubber = new Scrubber(List.of());
    for (String key :
        List.of(
            "sk-ant-api03-0123456789abcdefghijkl",
            "sk-proj-0123456789abcdefghijkl",
            "AIza" + "0123456789abcdefghijklmnopqrstuvwxy",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_" + "a".repeat(36),
            "xoxb-1234567890-abcdef",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLW9mLWl0",
            "dunes-" + "A".repeat(43))) {
      assertThat(scrubber.scrub("x " + key + " y")).as(key).isEqualTo("x <key> y");
    }
    assertThat(scrubber.scrub("task-list is no key, ÄÖÜ stays"))
        .isEqualTo("task-list is no key, ÄÖÜ stays");
  }
}
