package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ExceptionsTest {
  private static final IOException CAUSE = new IOException("below");
  private static final ErrorDetails DETAILS =
      ErrorDetails.at("e2b", "sb-1")
          .withRemedy("do this")
          .withStatus(429)
          .withRetryAfter(Duration.ofSeconds(3))
          .withCause(CAUSE);

  static List<SandboxException> all() {
    return List.of(
        new ProviderException("m", DETAILS),
        new SandboxAuthenticationException("m", DETAILS),
        new CircuitOpenException("m", DETAILS),
        new IsolationUnavailableException("m", DETAILS),
        new SandboxNotFoundException("m", DETAILS),
        new SandboxTimeoutException("m", DETAILS),
        new SandboxStateException("m", DETAILS),
        new SandboxQuotaException("m", DETAILS),
        new UnsupportedCapabilityException("m", DETAILS),
        new LocalPathException("m", DETAILS),
        new InvalidRequestException("f", "m", DETAILS),
        new SandboxFileException(SandboxFileException.Reason.NOT_FOUND, "/x", "m", DETAILS));
  }

  @Test
  void everyoneKeepsItsParticulars() {
    for (SandboxException e : all()) {
      assertThat(e).hasMessage("m").hasCause(CAUSE);
      assertThat(e.provider()).hasValue("e2b");
      assertThat(e.sandboxId()).hasValue("sb-1");
      assertThat(e.remedy()).hasValue("do this");
      assertThat(e.statusCode()).hasValue(429);
      assertThat(e.retryAfter()).hasValue(Duration.ofSeconds(3));
    }
  }

  @Test
  void everyoneHasACodeOfItsOwn() {
    Stream<String> codes = all().stream().map(SandboxException::code);
    assertThat(codes.toList()).doesNotHaveDuplicates().allMatch(code -> code.matches("[a-z_]+"));
  }

  @Test
  void authenticationIsAKindOfProviderFailureAndTheOthersAreNot() {
    assertThat(all().stream().filter(ProviderException.class::isInstance).map(Object::getClass))
        .containsExactly(
            ProviderException.class,
            SandboxAuthenticationException.class,
            CircuitOpenException.class,
            IsolationUnavailableException.class);
  }

  @Test
  void withoutParticularsThereAreNone() {
    SandboxNotFoundException bare = new SandboxNotFoundException("m");
    assertThat(bare.provider()).isEmpty();
    assertThat(bare.statusCode()).isEmpty();
    assertThat(bare).hasNoCause();
  }
}
