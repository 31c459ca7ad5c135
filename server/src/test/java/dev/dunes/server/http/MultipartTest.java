package dev.dunes.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Parts of a form, wherever its pieces are cut and whatever a file has that looks like the end. */
class MultipartTest {
  private static final String BOUNDARY = "-abcab";
  private static final String NEXT = "\r\n--" + BOUNDARY;
  private static final String HEAD =
      "\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";

  /** Gives no more than a few bytes at a time. */
  private static InputStream pieces(byte[] body, Random random) {
    return new ByteArrayInputStream(body) {
      @Override
      public int read(byte[] target, int offset, int length) {
        return super.read(target, offset, Math.min(length, 1 + random.nextInt(64 << 10)));
      }
    };
  }

  private static byte[] body(byte[]... files) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.write(("--" + BOUNDARY).getBytes(StandardCharsets.UTF_8));
    for (byte[] file : files) {
      body.write(HEAD.getBytes(StandardCharsets.UTF_8));
      body.write(file);
      body.write(NEXT.getBytes(StandardCharsets.UTF_8));
    }
    body.write("--\r\n".getBytes(StandardCharsets.UTF_8));
    return body.toByteArray();
  }

  /** Bytes of the boundary's own alphabet, with all of its beginnings but never all of it. */
  private static byte[] alike(Random random, int size) {
    StringBuilder text = new StringBuilder();
    while (text.length() < size) {
      text.append(NEXT, 0, random.nextInt(NEXT.length()))
          .append("b\r\n-a".charAt(random.nextInt(5)));
    }
    String without = text.toString();
    while (without.contains(NEXT)) {
      without = without.replace(NEXT, "");
    }
    return without.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void filesComeWhole() throws IOException {
    Random random = new Random(5);
    for (int round = 0; round < 50; round++) {
      byte[] noise = new byte[random.nextInt(300_000)];
      random.nextBytes(noise);
      byte[][] files = {alike(random, random.nextInt(300_000)), new byte[0], noise};
      Multipart form = new Multipart(pieces(body(files), random), BOUNDARY);
      for (byte[] file : files) {
        assertThat(form.next().flatMap(Multipart.Part::filename)).contains("a");
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        assertThat(form.copy(got)).isEqualTo(file.length);
        assertThat(got.toByteArray()).isEqualTo(file);
      }
      assertThat(form.next()).isEqualTo(Optional.empty());
    }
  }

  @Test
  void anEndThatDoesNotComeIsSaid() throws IOException {
    byte[] whole = body(alike(new Random(6), 100_000));
    for (int missing : new int[] {3, 4, 5, 50_000}) {
      InputStream cut = new ByteArrayInputStream(whole, 0, whole.length - missing - 4);
      Multipart form = new Multipart(cut, BOUNDARY);
      assertThat(form.next()).isPresent();
      assertThatThrownBy(() -> form.copy(new ByteArrayOutputStream()))
          .isInstanceOf(Multipart.MalformedException.class)
          .hasMessageContaining("in the middle of a part");
    }
  }
}
