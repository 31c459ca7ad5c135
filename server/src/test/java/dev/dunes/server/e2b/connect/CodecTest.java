package dev.dunes.server.e2b.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Both codecs, on a message that has every kind of field. */
class CodecTest {
  private static final Schema INNER =
      Schema.of(
          "Inner", Field.of(1, "name", FieldType.STRING), Field.of(2, "data", FieldType.BYTES));
  private static final EnumType COLOUR =
      new EnumType(Map.of("COLOUR_UNSPECIFIED", 0L, "COLOUR_RED", 1L, "COLOUR_BLUE", 7L));
  private static final Schema ALL =
      Schema.of(
          "All",
          Field.of(1, "text", FieldType.STRING),
          Field.of(2, "someBytes", FieldType.BYTES),
          Field.of(3, "flag", FieldType.BOOL),
          Field.of(4, "small", FieldType.UINT32),
          Field.of(5, "signed", FieldType.SINT32),
          Field.of(6, "large", FieldType.INT64),
          Field.of(7, "colour", COLOUR),
          Field.of(8, "inner", INNER),
          Field.of(9, "at", FieldType.TIMESTAMP),
          Field.of(10, "map", FieldType.MAP),
          Field.of(11, "words", FieldType.STRING).list(),
          Field.of(12, "inners", INNER).list(),
          Field.of(13, "maybe", FieldType.STRING).optional(),
          Field.of(14, "left", FieldType.BYTES).in("side"),
          Field.of(15, "right", FieldType.UINT32).in("side"));

  private static Message json(String text) throws MalformedMessageException {
    return JsonCodec.read(ALL, text.getBytes(StandardCharsets.UTF_8));
  }

  private static String json(Message message) {
    return new String(JsonCodec.write(message), StandardCharsets.UTF_8);
  }

  @Provide
  Arbitrary<Message> messages() {
    Arbitrary<String> text =
        Arbitraries.strings()
            .excludeChars('\0')
            .ofMaxLength(20)
            .filter(s -> StandardCharsets.UTF_8.newEncoder().canEncode(s));
    Arbitrary<byte[]> bytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(40);
    Arbitrary<Message> inner =
        Combinators.combine(text, bytes)
            .as((name, data) -> new Message(INNER).set("name", name).set("data", data));
    Arbitrary<Message> scalars =
        Combinators.combine(
                text,
                bytes,
                Arbitraries.of(true, false),
                Arbitraries.longs().between(0, 0xFFFF_FFFFL),
                Arbitraries.longs().between(Integer.MIN_VALUE, Integer.MAX_VALUE),
                Arbitraries.longs(),
                Arbitraries.of(0L, 1L, 7L, 9L))
            .as((a, b, c, d, e, f, g) ->
                new Message(ALL)
                    .set("text", a)
                    .set("someBytes", b)
                    .set("flag", c)
                    .set("small", d)
                    .set("signed", e)
                    .set("large", f)
                    .set("colour", g));
    Arbitrary<Instant> times =
        Combinators.combine(
                Arbitraries.longs().between(-62_135_596_800L, 253_402_300_799L),
                Arbitraries.integers().between(0, 999_999_999))
            .as((seconds, nanos) -> Instant.ofEpochSecond(seconds, nanos));
    return Combinators.combine(
            scalars,
            inner,
            times,
            Arbitraries.maps(text, text).ofMaxSize(4),
            text.list().ofMaxSize(4),
            inner.list().ofMaxSize(3),
            Arbitraries.integers().between(0, 3))
        .as((message, one, at, map, words, inners, which) -> {
          message.set("at", at).set("map", new LinkedHashMap<>(map));
          message.set("words", words).set("inners", inners);
          switch (which) {
            case 0 -> message.set("inner", one);
            case 1 -> message.set("maybe", "").set("left", new byte[0]);
            case 2 -> message.set("right", 0L);
            default -> {}
          }
          return message;
        });
  }

  @Property(tries = 300)
  void whatIsWrittenIsReadBack(@ForAll("messages") Message message) throws Exception {
    for (Codec codec : Codec.values()) {
      byte[] written = codec.write(message);
      Message back = codec.read(ALL, written);
      assertThat(back).isEqualTo(message);
      for (String name : List.of("inner", "maybe", "left", "right")) {
        assertThat(back.has(name)).as(name).isEqualTo(message.has(name));
      }
    }
  }

  /** Whatever comes is a message or is refused. */
  @Property(tries = 1000)
  void noBytesDoHarm(@ForAll byte[] bytes) {
    for (Codec codec : Codec.values()) {
      try {
        codec.write(codec.read(ALL, bytes));
      } catch (MalformedMessageException e) {
        assertThat(e).hasMessageMatching("(?s).+");
      }
    }
  }

  /** A message with one byte changed, too. */
  @Property(tries = 500)
  void noChangedByteDoesHarm(
      @ForAll("messages") Message message, @ForAll int where, @ForAll byte what) {
    byte[] written = ProtoCodec.write(message);
    if (written.length > 0) {
      written[Math.floorMod(where, written.length)] = what;
    }
    try {
      ProtoCodec.write(ProtoCodec.read(ALL, written));
    } catch (MalformedMessageException e) {
      assertThat(e).hasMessageMatching("(?s).+");
    }
  }

  /** Bytes as protobuf.dev's "Encoding" has them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"text\":\"testing\"} | 0a0774657374696e67",
        "{\"small\":150} | 209601",
        "{\"small\":4294967295} | 20ffffffff0f",
        "{\"signed\":-1} | 2801",
        "{\"signed\":2147483647} | 28feffffff0f",
        "{\"signed\":-2147483648} | 28ffffffff0f",
        "{\"large\":\"-1\"} | 30ffffffffffffffffff01",
        "{\"flag\":true,\"colour\":\"COLOUR_BLUE\"} | 18013807",
        "{\"inner\":{}} | 4200",
        "{\"at\":\"1970-01-01T00:00:01.000000002Z\"} | 4a0408011002",
        "{\"map\":{\"a\":\"b\"}} | 52060a0161120162",
        "{\"words\":[\"a\",\"\"]} | 5a01615a00",
        "{\"maybe\":\"\"} | 6a00",
        "{\"left\":\"\"} | 7200",
        "{\"right\":0} | 7800",
      })
  void theSameMessageInBoth(String text, String hex) throws Exception {
    Message message = json(text);
    assertThat(HexFormat.of().formatHex(ProtoCodec.write(message))).isEqualTo(hex);
    assertThat(json(ProtoCodec.read(ALL, HexFormat.of().parseHex(hex)))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"some_bytes\":\"-_-_\"} | {\"someBytes\":\"+/+/\"}",
        "{\"someBytes\":\"YQ\"} | {\"someBytes\":\"YQ==\"}",
        "{\"large\":5,\"small\":\"6\",\"signed\":7.0} | {\"small\":6,\"signed\":7,\"large\":\"5\"}",
        "{\"small\":1e2} | {\"small\":100}",
        "{\"colour\":7} | {\"colour\":\"COLOUR_BLUE\"}",
        "{\"colour\":9} | {\"colour\":9}",
        "{\"at\":\"2026-01-01T01:00:00.5+01:00\"} | {\"at\":\"2026-01-01T00:00:00.500Z\"}",
        "{\"unknown\":{\"deep\":[1]},\"text\":null,\"flag\":false,\"small\":0} | {}",
      })
  void jsonIsUnderstoodInOtherSpellings(String given, String canonical) throws Exception {
    assertThat(json(json(given))).isEqualTo(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{} {}",
        "{\"text\":1}",
        "{\"flag\":\"true\"}",
        "{\"small\":-1}",
        "{\"small\":4294967296}",
        "{\"small\":1.5}",
        "{\"small\":1e999999999}",
        "{\"small\":\"1e-999999999\"}",
        "{\"signed\":2147483648}",
        "{\"large\":\"9223372036854775808\"}",
        "{\"large\":true}",
        "{\"someBytes\":\"?\"}",
        "{\"colour\":\"COLOUR_GREEN\"}",
        "{\"inner\":[]}",
        "{\"words\":\"a\"}",
        "{\"words\":[null]}",
        "{\"map\":{\"a\":1}}",
        "{\"at\":\"yesterday\"}",
        "{\"left\":\"\",\"right\":1}",
      })
  void jsonThatIsNoMessageIsRefused(String text) {
    assertThatThrownBy(() -> json(text)).isInstanceOf(MalformedMessageException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0a", // a text without a length
        "0a05616263", // shorter than it says
        "0affffffff0f61", // much shorter than it says
        "0affffffffffffffffff0161", // a negative length
        "0a02c328", // no UTF-8
        "20ffffffffffffffffffff01", // a number of eleven bytes
        "00", // no number of a field
        "f606", // a way of writing that is none
        "a306", // a group without an end
        "a306ac06", // ended by another
        "4a0b08ffffffffffffffff7f1002", // a time that cannot be
      })
  void bytesThatAreNoMessageAreRefused(String hex) {
    assertThatThrownBy(() -> ProtoCodec.read(ALL, HexFormat.of().parseHex(hex)))
        .isInstanceOf(MalformedMessageException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a006ffff03", // a number
        "a106ffffffffffffffff", // eight bytes
        "a20603616263", // bytes
        "a306a00601a406", // a group, with something in it
        "a506ffffffff", // four bytes
        "0801", // a known number, written in another way
      })
  void unknownFieldsAreLeftOut(String hex) throws Exception {
    byte[] known = HexFormat.of().parseHex("0a0161");
    byte[] both = HexFormat.of().parseHex(hex + "0a0161");
    assertThat(ProtoCodec.write(ProtoCodec.read(ALL, both))).isEqualTo(known);
  }

  /** A few bytes each; were all copied for each one more, this would not end. */
  @Test
  @Timeout(60)
  void listsAndMapsHaveBounds() throws Exception {
    int most = Message.MOST_ENTRIES;
    assertThat(ProtoCodec.read(ALL, entries(most)).map("map")).hasSize(most);
    assertThatThrownBy(() -> ProtoCodec.read(ALL, entries(most + 1)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("map has more than 100000 entries");
    byte[] words = HexFormat.of().parseHex("5a00".repeat(most));
    assertThat(ProtoCodec.read(ALL, words).texts("words")).hasSize(most);
    assertThatThrownBy(() -> ProtoCodec.read(ALL, Arrays.copyOf(words, words.length + 2)))
        .isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(() -> ProtoCodec.read(ALL, HexFormat.of().parseHex("5a00".repeat(most + 1))))
        .hasMessage("words has more than 100000 entries");

    String list = "\"\",".repeat(most) + "\"\"";
    assertThatThrownBy(() -> json("{\"words\":[%s]}".formatted(list)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("All.words has more than 100000 entries");
    StringBuilder map = new StringBuilder("{\"map\":{\"\":\"\"");
    for (int i = 0; i < most; i++) {
      map.append(",\"").append(i).append("\":\"\"");
    }
    assertThatThrownBy(() -> json(map + "}}"))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("All.map has more than 100000 entries");
  }

  private static byte[] entries(int count) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      byte[] key = Integer.toString(i).getBytes(StandardCharsets.US_ASCII);
      all.writeBytes(new byte[] {0x52, (byte) (key.length + 2), 0x0a, (byte) key.length});
      all.writeBytes(key);
    }
    return all.toByteArray();
  }

  @Test
  void ofSeveralTheLastIsMeantAndMessagesAreJoined() throws Exception {
    String twice = "7201" + "61" + "7805"; // left, then right
    Message message = ProtoCodec.read(ALL, HexFormat.of().parseHex(twice));
    assertThat(message.has("left")).isFalse();
    assertThat(message.number("right")).isEqualTo(5);
    Message joined = ProtoCodec.read(ALL, HexFormat.of().parseHex("42030a0161" + "4203120162"));
    assertThat(json(joined)).isEqualTo("{\"inner\":{\"name\":\"a\",\"data\":\"Yg==\"}}");
  }

  @Test
  void groupsAreNotFollowedForEver() {
    String deep = "a306".repeat(100_000);
    assertThatThrownBy(() -> ProtoCodec.read(ALL, HexFormat.of().parseHex(deep)))
        .isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void bytesAreBase64WithPadding() throws Exception {
    Message message = new Message(ALL).set("someBytes", new byte[] {(byte) 0xFB, (byte) 0xFF});
    assertThat(json(message)).isEqualTo("{\"someBytes\":\"+/8=\"}");
    assertThat(json(json(message)).bytes("someBytes"))
        .isEqualTo(Base64.getDecoder().decode("+/8="));
  }
}
