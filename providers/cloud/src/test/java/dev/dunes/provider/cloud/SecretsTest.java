package dev.dunes.provider.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class SecretsTest {
  @Test
  void nothingOfALongerOneIsLeft() {
    Secrets secrets = new Secrets();
    secrets.add("abcdef");
    secrets.add("abcdef-and-more");
    secrets.addPassing("abcdef-and-more-of-it");

    assertThat(secrets.clean("1 abcdef 2 abcdef-and-more 3 abcdef-and-more-of-it\n4"))
        .isEqualTo("1 *** 2 *** 3 *** 4");
  }

  @Test
  void thoseThatPassAreForgottenAndTheOthersAreNot() {
    Secrets secrets = new Secrets();
    secrets.add("credential");
    for (int i = 0; i < 10_000; i++) {
      secrets.addPassing("token-%05d".formatted(i));
    }

    assertThat(secrets.clean("credential token-09999 token-00000"))
        .isEqualTo("*** *** token-00000");
  }

  @Test
  void aCauseThatShowsOneIsExchangedAndAnyOtherIsKept() {
    Secrets secrets = new Secrets();
    secrets.add("credential");
    IOException plain = new IOException("broke");
    IOException deep = new IOException("broke", new IllegalStateException("at credential"));

    assertThat(secrets.clean(plain)).isSameAs(plain);
    StringWriter trace = new StringWriter();
    secrets.clean(deep).printStackTrace(new PrintWriter(trace));
    assertThat(trace.toString()).contains("IOException: broke").doesNotContain("credential");
  }
}
