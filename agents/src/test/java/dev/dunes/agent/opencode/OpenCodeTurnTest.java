package dev.dunes.agent.opencode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.drive.Json;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class OpenCodeTurnTest {
  private static final long LATER = OpenCodeTurn.SETTLE_LIMIT.plus(Duration.ofMillis(1)).toNanos();

  private final OpenCodeTurn turn = new OpenCodeTurn();

  @BeforeEach
  void begin() {
    turn.begin();
  }

  private void see(String type, String properties) {
    turn.see(type, Json.MAPPER.readTree(properties), 0);
  }

  private void busy() {
    see("session.status", "{\"status\":{\"type\":\"busy\"}}");
  }

  private void idle() {
    see("session.idle", "{}");
  }

  private void failedMessage() {
    see("message.updated", "{\"info\":{\"error\":{\"name\":\"APIError\"}}}");
  }

  @Test
  void oneIdleAfterBusyIsTheEnd() {
    busy();
    assertThat(turn.over(LATER)).isFalse();
    idle();
    assertThat(turn.over(0)).isTrue();
  }

  @Test
  void anIdleBeforeBusyBelongsToTheTurnBefore() {
    idle();
    assertThat(turn.over(LATER)).isFalse();
    busy();
    idle();
    assertThat(turn.over(0)).isTrue();
  }

  @Test
  void afterAnAbortTheSecondIdleAndTheFailedMessageAreAwaited() {
    busy();
    turn.abort();
    see("session.error", "{\"error\":{\"name\":\"MessageAbortedError\"}}");
    idle();
    assertThat(turn.over(0)).isFalse();
    failedMessage();
    assertThat(turn.over(0)).isFalse();
    idle();
    assertThat(turn.over(0)).isTrue();
  }

  @Test
  void butNotForever() {
    busy();
    see("session.error", "{\"error\":{\"name\":\"UnknownError\"}}");
    assertThat(turn.over(LATER)).isFalse();
    idle();
    assertThat(turn.over(0)).isFalse();
    assertThat(turn.deadline()).isPresent();
    assertThat(turn.over(LATER)).isTrue();
  }

  @Test
  void aPromptThatIsRefusedIsOverAfterAWhile() {
    see("session.error", "{\"error\":{\"name\":\"UnknownError\"}}");
    assertThat(turn.over(0)).isFalse();
    assertThat(turn.over(LATER)).isTrue();
    assertThat(turn.error()).isPresent();
  }

  @Test
  void anErrorBeforeItRunsAllTheSameIsNone() {
    see("session.error", "{\"error\":{\"name\":\"UnknownError\"}}");
    busy();
    assertThat(turn.over(LATER)).isFalse();
    idle();
    assertThat(turn.over(0)).isTrue();
    assertThat(turn.error()).isEmpty();
  }
}
