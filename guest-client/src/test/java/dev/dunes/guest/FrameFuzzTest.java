package dev.dunes.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever bytes come, in whatever pieces: frames, the end, or an IOException. */
class FrameFuzzTest {
  /** Gives bytes in pieces of random size, as sockets do. */
  private static final class Pieces implements GuestTransport {
    private final ByteBuffer bytes;
    private final Random sizes;
    private int largestAsked;

    Pieces(byte[] bytes, long seed) {
      this.bytes = ByteBuffer.wrap(bytes);
      this.sizes = new Random(seed);
    }

    @Override
    public int read(ByteBuffer target) {
      largestAsked = Math.max(largestAsked, target.remaining());
      assertThat(target.remaining()).as("a read of nothing would turn for ever").isPositive();
      if (!bytes.hasRemaining()) {
        return -1;
      }
      int count =
          Math.min(
              1 + sizes.nextInt(sizes.nextInt(5) == 0 ? 100_000 : 7),
              Math.min(target.remaining(), bytes.remaining()));
      target.put(bytes.slice(bytes.position(), count));
      bytes.position(bytes.position() + count);
      return count;
    }

    @Override
    public void write(ByteBuffer[] buffers) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }

  private static List<Frame> readAll(byte[] bytes, long seed) throws IOException {
    Pieces pieces = new Pieces(bytes, seed);
    FrameReader reader = new FrameReader(pieces);
    List<Frame> frames = new ArrayList<>();
    try {
      for (Optional<Frame> frame = reader.read(); frame.isPresent(); frame = reader.read()) {
        frames.add(frame.get());
      }
      return frames;
    } finally {
      assertThat(pieces.largestAsked).isLessThanOrEqualTo(FrameReader.MAX_LENGTH);
    }
  }

  @Property(tries = 2000)
  void anyBytesAreFramesOrAFailure(@ForAll("hostile") byte[] bytes, @ForAll long seed) {
    try {
      for (Frame frame : readAll(bytes, seed)) {
        assertThat(frame.payload().length).isLessThanOrEqualTo(FrameReader.MAX_PAYLOAD);
      }
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotEmpty();
    }
  }

  @Property(tries = 500)
  void validFramesComeOutAsTheyWentIn(@ForAll("frames") List<Frame> frames, @ForAll long seed)
      throws IOException {
    List<Frame> read = readAll(encode(frames), seed);

    assertThat(read).hasSameSizeAs(frames);
    for (int i = 0; i < read.size(); i++) {
      assertThat(read.get(i).type()).isEqualTo(frames.get(i).type());
      assertThat(read.get(i).stream()).isEqualTo(frames.get(i).stream());
      assertThat(read.get(i).payload()).isEqualTo(frames.get(i).payload());
    }
  }

  @Property(tries = 500)
  void aStreamCutAnywhereIsAFailureUnlessBetweenFrames(
      @ForAll("frames") List<Frame> frames, @ForAll int at, @ForAll long seed) {
    byte[] whole = encode(frames);
    int length = whole.length == 0 ? 0 : Math.floorMod(at, whole.length);
    byte[] cut = java.util.Arrays.copyOf(whole, length);
    boolean between = frameStarts(frames).contains(length);
    try {
      readAll(cut, seed);
      assertThat(between).isTrue();
    } catch (IOException e) {
      assertThat(between).isFalse();
    }
  }

  private static List<Integer> frameStarts(List<Frame> frames) {
    List<Integer> starts = new ArrayList<>();
    int position = 0;
    for (Frame frame : frames) {
      starts.add(position);
      position += 9 + frame.payload().length;
    }
    starts.add(position);
    return starts;
  }

  @Property(tries = 3000)
  void anyPayloadIsValuesOrABreach(@ForAll byte[] payload, @ForAll("reads") List<Integer> reads) {
    PayloadReader reader = new PayloadReader(payload);
    try {
      for (int read : reads) {
        switch (read) {
          case 0 -> assertThat(reader.u8()).isBetween(0, 255);
          case 1 -> assertThat(reader.u16()).isBetween(0, 65535);
          case 2 -> assertThat(reader.count()).isNotNegative();
          case 3 -> assertThat(reader.u64()).isNotNegative();
          case 4 -> assertThat(reader.str().length()).isLessThanOrEqualTo(payload.length);
          case 5 -> assertThat(reader.bool()).isIn(true, false);
          case 6 -> assertThat(reader.micros().isNegative()).isFalse();
          case 7 -> GuestEntries.read(reader);
          default -> GuestError.parse(reader);
        }
      }
      reader.end();
    } catch (GuestProtocolException e) {
      assertThat(e.getMessage()).isNotEmpty();
    }
  }

  @Property(tries = 500)
  void anyWordsBecomeOneHarmlessLine(@ForAll String words) {
    String shown = GuestError.printable(words);

    assertThat(shown.codePointCount(0, shown.length())).isLessThanOrEqualTo(512);
    assertThat(shown.codePoints().anyMatch(Character::isISOControl)).isFalse();
    assertThat(shown.lines().count()).isLessThanOrEqualTo(1);
  }

  @Provide
  Arbitrary<List<Integer>> reads() {
    return Arbitraries.integers().between(0, 8).list().ofMaxSize(12);
  }

  @Provide
  Arbitrary<List<Frame>> frames() {
    Arbitrary<byte[]> payload =
        Arbitraries.oneOf(
            Arbitraries.bytes().array(byte[].class).ofMaxSize(40),
            Arbitraries.integers().between(1, 70_000).map(byte[]::new));
    return Combinators.combine(
            Arbitraries.integers().between(0, 255), Arbitraries.integers(), payload)
        .as(Frame::new)
        .list()
        .ofMaxSize(6);
  }

  /** Pure noise, and proper streams with a few bytes changed. */
  @Provide
  Arbitrary<byte[]> hostile() {
    Arbitrary<byte[]> noise = Arbitraries.bytes().array(byte[].class).ofMaxSize(200);
    Arbitrary<byte[]> mutated =
        Combinators.combine(
                frames(), Arbitraries.integers().list().ofMaxSize(4), Arbitraries.bytes())
            .as((frames, places, value) -> {
              byte[] bytes = encode(frames);
              if (bytes.length > 0) {
                places.forEach(
                    place -> bytes[Math.floorMod(place, bytes.length)] ^= (byte) (value | 1));
              }
              return bytes;
            });
    return Arbitraries.oneOf(noise, mutated);
  }

  private static byte[] encode(List<Frame> frames) {
    ByteBuffer buffer =
        ByteBuffer.allocate(
            Math.max(1, frames.stream().mapToInt(f -> 9 + f.payload().length).sum()));
    int size = 0;
    for (Frame frame : frames) {
      buffer
          .putInt(5 + frame.payload().length)
          .put((byte) frame.type())
          .putInt(frame.stream())
          .put(frame.payload());
      size += 9 + frame.payload().length;
    }
    return java.util.Arrays.copyOf(buffer.array(), size);
  }
}
