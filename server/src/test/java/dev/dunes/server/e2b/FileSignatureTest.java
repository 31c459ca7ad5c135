package dev.dunes.server.e2b;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Signatures of files by their address. E2B wire 2.5. */
class FileSignatureTest {
  private static final String TOKEN = "0tQG31xiMp0IOQfaz9dcwi72L1CPo8e0";
  private static final String SIGNATURE = "v1_gUtH/s9YCJWgCizjfUxuWfhFE4QSydOWEIIvfLwDr6E";
  private static final FileSignature SIGNED =
      new FileSignature("hello.txt", "read", "user", Optional.empty());

  @Test
  void itIsTheOneThatClientsMake() {
    assertThat(SIGNED.sign(TOKEN)).isEqualTo(SIGNATURE);
    assertThat(SIGNED.matches(SIGNATURE, TOKEN)).isTrue();
    for (String wrong :
        new String[] {
          "", "v1_", SIGNATURE + "=", "v2_" + SIGNATURE.substring(3), "x" + SIGNATURE
        }) {
      assertThat(SIGNED.matches(wrong, TOKEN)).as(wrong).isFalse();
    }
    assertThat(
            new FileSignature("hello.txt", "write", "user", Optional.empty())
                .matches(SIGNATURE, TOKEN))
        .isFalse();
  }

  /** One token after another, in whatever order: no one is asked in the words of another. */
  @Test
  void manyTokensAreAskedForOneSignature() {
    FileSignature ends = new FileSignature("p".repeat(10_000), "write", "", Optional.of("17"));
    Predicate<String> checker = ends.checker(ends.sign("right"));
    for (String token : new String[] {"wrong", "right", "", "righ", "right", "right:17", "right"}) {
      assertThat(checker.test(token)).as(token).isEqualTo(token.equals("right"));
    }
  }
}
