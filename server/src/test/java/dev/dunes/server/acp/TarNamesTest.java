package dev.dunes.server.acp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of a tar, and what is refused. */
class TarNamesTest {
  private final ByteArrayOutputStream tar = new ByteArrayOutputStream();

  private void entry(String name, char type, byte[] content) {
    byte[] header = new byte[512];
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, header, 0, Math.min(100, bytes.length));
    put(header, 100, "0000644");
    put(header, 124, "%011o".formatted(content.length));
    header[156] = (byte) type;
    put(header, 257, "ustar");
    put(header, 263, "00");
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xFF;
    }
    put(header, 148, "%06o".formatted(sum));
    tar.writeBytes(header);
    tar.writeBytes(Arrays.copyOf(content, (content.length + 511) / 512 * 512));
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  private TarNames read() throws IOException {
    ByteArrayOutputStream copy = new ByteArrayOutputStream();
    TarNames names = new TarNames(new ByteArrayInputStream(tar.toByteArray()));
    names.transferTo(copy);
    assertThat(copy.toByteArray()).isEqualTo(tar.toByteArray());
    return names;
  }

  private void end() {
    tar.writeBytes(new byte[1024]);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void namesAndEverythingUnchanged() throws IOException {
    entry("./", '5', new byte[0]);
    entry("./a/", '5', new byte[0]);
    entry("./a/b", '0', new byte[70_000]);
    entry("x", 'L', text("long/" + "n".repeat(300) + "\0"));
    entry("short", '0', text("c"));
    String record = "path=from/pax";
    entry("x", 'x', text((record.length() + 4) + " " + record + "\n"));
    entry("other", '0', text("d"));
    end();
    TarNames names = read();
    assertThat(names.names()).containsExactly("a", "a/b", "long/" + "n".repeat(300), "from/pax");
    assertThat(names.truncated()).isFalse();
  }

  @Test
  void namesAreListedUpToALimit() throws IOException {
    for (int i = 0; i < 1_100; i++) {
      entry("f" + i, '0', new byte[0]);
    }
    end();
    TarNames names = read();
    assertThat(names.names()).hasSize(1_024);
    assertThat(names.truncated()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../a", "a/../../b", "/etc/passwd", "a/.."})
  void namesThatLeadElsewhere(String name) {
    entry(name, '0', new byte[0]);
    end();
    assertThatThrownBy(this::read)
        .isInstanceOf(TarNames.Refused.class)
        .hasMessage("invalid relative path: " + name);
  }

  @Test
  void namesThatLeadElsewhereInOtherPlaces() {
    entry("x", 'L', text("../long\0"));
    entry("a", '0', new byte[0]);
    assertThatThrownBy(this::read).isInstanceOf(TarNames.Refused.class);
    tar.reset();
    entry("x", 'x', text("15 path=../pax\n"));
    entry("a", '0', new byte[0]);
    assertThatThrownBy(this::read).isInstanceOf(TarNames.Refused.class);
  }

  @Test
  void whatIsNotUnderstood() {
    entry("a", 'S', new byte[0]);
    assertThatThrownBy(this::read).isInstanceOf(TarNames.Refused.class);
    tar.reset();
    entry("x", 'L', new byte[100_000]);
    assertThatThrownBy(this::read).isInstanceOf(TarNames.Refused.class);
  }

  @Test
  void whatEndsTooEarly() {
    tar.writeBytes(text("junk"));
    assertThatThrownBy(this::read).isInstanceOf(EOFException.class);
    tar.reset();
    entry("a", '0', new byte[2_000]);
    byte[] cut = Arrays.copyOf(tar.toByteArray(), 1_024);
    tar.reset();
    tar.writeBytes(cut);
    assertThatThrownBy(this::read).isInstanceOf(EOFException.class);
  }

  @Test
  void noiseNeverHangsOrOverflows() {
    Random random = new Random(1);
    for (int i = 0; i < 2_000; i++) {
      tar.reset();
      entry("a" + i, '0', new byte[600]);
      byte[] bytes = tar.toByteArray();
      for (int j = 0; j < 5; j++) {
        bytes[random.nextInt(512)] = (byte) random.nextInt();
      }
      try (TarNames names = new TarNames(new ByteArrayInputStream(bytes))) {
        names.transferTo(OutputStream.nullOutputStream());
      } catch (IOException e) {
        assertThat(e).isInstanceOfAny(TarNames.Refused.class, EOFException.class);
      }
    }
  }
}
