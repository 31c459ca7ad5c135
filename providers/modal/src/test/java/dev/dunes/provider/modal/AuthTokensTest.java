package dev.dunes.provider.modal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AuthTokensTest {
  private static String token(String name, long seconds) {
    String claims = "{\"exp\":%d}".formatted(Instant.now().getEpochSecond() + seconds);
    return "%s.%s.x"
        .formatted(
            name,
            Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(claims.getBytes(StandardCharsets.UTF_8)));
  }

  private static String next(Queue<String> tokens) {
    String token = tokens.poll();
    if (token == null) {
      throw new AssertionError("nobody should have asked");
    }
    return token;
  }

  @Test
  void howLongATokenLives() {
    assertThat(AuthTokens.lifetime(token("a", 1000)).orElseThrow())
        .isBetween(Duration.ofSeconds(990), Duration.ofSeconds(1000));
    assertThat(AuthTokens.lifetime(token("a", -1000))).contains(Duration.ZERO);
    assertThat(AuthTokens.lifetime("no.claims.here")).isEmpty();
    assertThat(AuthTokens.lifetime("a.e30.x")).as("without exp").isEmpty();
    assertThat(AuthTokens.lifetime("plain")).isEmpty();
  }

  @Test
  void oneThatIsGoodIsAskedForOnce() {
    Queue<String> source = new ConcurrentLinkedQueue<>();
    source.add(token("a", 1000));
    AuthTokens tokens = new AuthTokens(() -> next(source));
    assertThat(tokens.get()).startsWith("a.").isEqualTo(tokens.get());
  }

  @Test
  void anOldOneIsUsedWhileAnotherIsAskedFor() throws Exception {
    CompletableFuture<String> second = new CompletableFuture<>();
    Queue<String> source = new ConcurrentLinkedQueue<>();
    source.add(token("a", 0));
    AuthTokens tokens = new AuthTokens(() -> source.isEmpty() ? second.join() : next(source));
    assertThat(tokens.get()).startsWith("a.");
    assertThat(tokens.get()).as("nobody waits for the next").startsWith("a.");
    second.complete(token("b", 1000));
    while (!tokens.get().startsWith("b.")) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  @Test
  void aFailureKeepsTheOldOneAndARefusalDoesNot() throws Exception {
    AtomicReference<SandboxException> failure =
        new AtomicReference<>(new ProviderException("later", ErrorDetails.NONE));
    CompletableFuture<Boolean> asked = new CompletableFuture<>();
    Queue<String> source = new ConcurrentLinkedQueue<>();
    source.add(token("a", 0));
    AuthTokens tokens =
        new AuthTokens(() -> {
          if (source.isEmpty()) {
            asked.complete(true);
            throw failure.get();
          }
          return next(source);
        });
    tokens.get();
    tokens.get();
    assertThat(asked.get(10, TimeUnit.SECONDS)).isTrue();
    assertThat(tokens.get()).startsWith("a.");

    failure.set(new SandboxAuthenticationException("no", ErrorDetails.NONE));
    tokens.invalidate("another one");
    assertThat(tokens.get()).startsWith("a.");
    tokens.invalidate(tokens.get());
    assertThatThrownBy(tokens::get).isSameAs(failure.get());
  }
}
