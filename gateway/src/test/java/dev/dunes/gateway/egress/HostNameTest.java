package dev.dunes.gateway.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostNameTest {
  @ParameterizedTest
  @CsvSource({
    "Example.COM, example.com",
    "example.com., example.com",
    "bücher.example, xn--bcher-kva.example",
    "BÜCHER.example, xn--bcher-kva.example",
    "ｅxample．com, example.com",
    "example。com, example.com",
    "a_b.example, a_b.example",
    "1.2.3.4, 1.2.3.4",
    "①.2.3.4, 1.2.3.4",
    "1.2.3.4., 1.2.3.4",
    "[::1], [0:0:0:0:0:0:0:1]",
    "[2001:DB8::A], [2001:db8:0:0:0:0:0:a]",
    "[::ffff:10.0.0.1], 10.0.0.1"
  })
  void oneHostHasOneForm(String raw, String plain) {
    assertThat(HostName.parse(raw)).hasToString(plain);
  }

  @Test
  void addressesAreKnownAsSuch() {
    assertThat(HostName.parse("1.2.3.4").literal()).isPresent();
    assertThat(HostName.parse("[::1]").literal()).isPresent();
    assertThat(HostName.parse("1.2.3.4.example").literal()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "a..b",
        ".a",
        "a b",
        "a\tb",
        "a\nb",
        "a\0b",
        "a/b",
        "a\\b",
        "a%2eb",
        "a@b",
        "a:b",
        "-a.b",
        "a-.b",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "127.1",
        "0177.0.0.1",
        "127.0.0.01",
        "1.2.3.4.5",
        "256.1.1.1",
        "example.0x7f",
        "example.1",
        "１２７。１",
        "[::1",
        "::1",
        "[fe80::1%25eth0]",
        "[fe80::1%lo]",
        "[1.2.3.4]x",
        "[]",
        "[::g]",
        "*.example.com",
        "localhost#",
        "a?b"
      })
  void whatProgramsReadInSeveralWaysIsRefused(String raw) {
    assertThatThrownBy(() -> HostName.parse(raw)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void lengthsHaveLimits() {
    String label = "a".repeat(63);
    String longest = String.join(".", label, label, label, "a".repeat(61));
    assertThat(HostName.parse(longest).name()).hasSize(253);
    assertThatThrownBy(() -> HostName.parse(longest + "a"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> HostName.parse("a".repeat(64) + ".b"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
