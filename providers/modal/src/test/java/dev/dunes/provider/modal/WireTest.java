package dev.dunes.provider.modal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.ProviderException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages of protocol buffers. */
class WireTest {
  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  /** The examples of the format's documentation. */
  @Test
  void theExamplesOfTheFormat() {
    assertThat(new WireFields().number(1, 150).toBytes()).isEqualTo(hex("08 96 01"));
    assertThat(new WireFields().text(2, "testing").toBytes())
        .isEqualTo(hex("12 07 74 65 73 74 69 6e 67"));
    assertThat(new WireFields().message(3, new WireFields().number(1, 150)).toBytes())
        .isEqualTo(hex("1a 03 08 96 01"));
    assertThat(new WireFields().number(1, -2).toBytes())
        .isEqualTo(hex("08 fe ff ff ff ff ff ff ff ff 01"));
    assertThat(WireMessage.of(hex("08 fe ff ff ff ff ff ff ff ff 01")).number(1)).isEqualTo(-2);
  }

  @Test
  void whatIsWrittenIsRead() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    WireFields fields =
        new WireFields()
            .text(1, "é")
            .texts(2, java.util.List.of("a", "", "b"))
            .bytes(3, all)
            .floating(4, 1.5f)
            .floating(5, 1e300)
            .map(6, Map.of("k", "v"))
            .flag(100_000, true)
            .number(7, 1)
            .number(7, 2);
    WireMessage read = WireMessage.of(fields.toBytes());
    assertThat(read.text(1)).isEqualTo("é");
    assertThat(read.texts(2)).containsExactly("a", "", "b");
    assertThat(read.bytes(3)).isEqualTo(all);
    assertThat(read.single(4)).isEqualTo(1.5f);
    assertThat(read.floating(5)).isEqualTo(1e300);
    assertThat(read.map(6)).isEqualTo(Map.of("k", "v"));
    assertThat(read.flag(100_000)).isTrue();
    assertThat(read.number(7)).as("the last counts").isEqualTo(2);
    assertThat(read.has(8)).isFalse();
    assertThat(read.number(8)).isZero();
    assertThat(read.message(8).text(1)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "08", // no value
        "0a 05 61", // shorter than it says
        "0a ff ff ff ff 0f", // 4 GiB
        "0a ff ff ff ff ff ff ff ff ff 01", // a length below 0
        "0d 00 00", // half a number
        "00 01", // no field
        "0b 0c", // a group
        "08 80 80 80 80 80 80 80 80 80 80 01" // more than 64 bits
      })
  void whatMakesNoSenseIsAnError(String bytes) {
    assertThatThrownBy(() -> WireMessage.of(hex(bytes))).isInstanceOf(ProviderException.class);
  }

  @Test
  void aFieldOfAnotherTypeIsAnError() {
    WireMessage number = WireMessage.of(new WireFields().number(1, 5).toBytes());
    assertThatThrownBy(() -> number.text(1)).isInstanceOf(ProviderException.class);
    WireMessage text = WireMessage.of(new WireFields().text(1, "x").toBytes());
    assertThatThrownBy(() -> text.number(1)).isInstanceOf(ProviderException.class);
  }

  @Test
  void arbitraryBytesAreAMessageOrAnError() {
    Random random = new Random(4711);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      try {
        WireMessage.of(bytes);
      } catch (ProviderException e) {
        assertThat(e).hasMessageContaining("cannot be read");
      }
    }
  }
}
