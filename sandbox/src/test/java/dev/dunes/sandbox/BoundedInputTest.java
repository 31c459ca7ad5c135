package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.spi.BoundedInput;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class BoundedInputTest {
  private static BoundedInput of(int size, int most) {
    return new BoundedInput(
        new ByteArrayInputStream(new byte[size]),
        most,
        () -> {
          throw new IllegalStateException("too much");
        });
  }

  @Test
  void asMuchAsAllowedIsReadInWhateverWay() throws IOException {
    BoundedInput all = of(10, 10);
    assertThat(all.markSupported()).isFalse();
    assertThat(all.read()).isZero();
    assertThat(all.skip(4)).isEqualTo(4);
    assertThat(all.readAllBytes()).hasSize(5);
    assertThat(all.read()).isEqualTo(-1);
    assertThat(all.count()).isEqualTo(10);
  }

  @Test
  void whateverReadsOneMoreIsRefused() throws IOException {
    for (int way = 0; way < 3; way++) {
      BoundedInput one = of(11, 10);
      assertThat(one.readNBytes(10)).hasSize(10);
      int how = way;
      assertThatThrownBy(
              () -> {
                switch (how) {
                  case 0 -> assertThat(one.read()).isZero();
                  case 1 -> assertThat(one.read(new byte[5], 0, 5)).isPositive();
                  default -> assertThat(one.skip(1)).isPositive();
                }
              })
          .hasMessage("too much");
    }
    BoundedInput silent = new BoundedInput(new ByteArrayInputStream(new byte[2]), 1, () -> {});
    assertThatThrownBy(silent::readAllBytes).isInstanceOf(IOException.class);
  }
}
