package dev.dunes.agent.claude;

import static dev.dunes.agent.claude.ClaudeTurn.Verdict.GOES_ON;
import static dev.dunes.agent.claude.ClaudeTurn.Verdict.OVER;
import static dev.dunes.agent.claude.ClaudeTurn.Verdict.STOP_SHELLS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.drive.Json;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a turn is over, message by message, with a clock of its own. */
final class ClaudeTurnTest {
  private static final long SECOND = 1_000_000_000L;

  private final ClaudeTurn turn = new ClaudeTurn();
  private long now;

  @BeforeEach
  void begin() {
    turn.begin();
  }

  @Test
  void aResultEndsAPlainTurn() {
    init();
    assertThat(verdict()).isEqualTo(GOES_ON);
    result(0);
    assertThat(verdict()).isEqualTo(OVER);
  }

  @Test
  void aResultWithoutInitEndsItToo() {
    result(0);
    assertThat(verdict()).isEqualTo(OVER);
  }

  @Test
  void whatIsQueuedComesFirst() {
    init();
    result(1);
    assertThat(verdict()).isEqualTo(GOES_ON);
    init();
    result(0);
    assertThat(verdict()).isEqualTo(OVER);
  }

  @Test
  void aSubagentInTheBackgroundHoldsTheTurnHoweverLongItTakes() {
    init();
    background("a", "local_agent");
    result(0);
    now += 10_000 * SECOND;
    assertThat(verdict()).isEqualTo(GOES_ON);
    ended("a", "completed");
    background();
    assertThat(verdict()).isEqualTo(GOES_ON);
    init();
    assertThat(verdict()).isEqualTo(GOES_ON);
    result(0);
    assertThat(verdict()).isEqualTo(OVER);
  }

  @Test
  void bothResultsMayComeAtTheEnd() {
    init();
    background("a", "local_agent");
    ended("a", "completed");
    background();
    init();
    result(0);
    assertThat(verdict()).isEqualTo(GOES_ON);
    result(0);
    assertThat(verdict()).isEqualTo(OVER);
  }

  @Test
  void anEndThatTheModelHeardWithTheResultOfAToolNeedsNoTurnOfItsOwn() {
    init();
    background("a", "local_agent");
    ended("a", "completed");
    background();
    see("{'type':'user','message':{'content':[]},'parent_tool_use_id':null}");
    result(0);
    assertThat(verdict()).isEqualTo(OVER);
  }

  @Test
  void anEndThatTheModelIsNeverToldHoldsTheTurnForSecondsOnly() {
    init();
    background("a", "local_agent");
    ended("a", "completed");
    background();
    result(0);
    assertThat(verdict()).isEqualTo(GOES_ON);
    assertThat(turn.deadline()).isPresent();
    now += 10 * SECOND;
    assertThat(verdict()).isEqualTo(OVER);
  }

  @Test
  void aStoppedSubagentIsNotTold() {
    init();
    background("a", "local_agent");
    result(0);
    assertThat(verdict()).isEqualTo(GOES_ON);
    ended("a", "stopped");
    background();
    assertThat(verdict()).isEqualTo(OVER);
  }

  @Test
  void aShellCommandThatNeverEndsIsStoppedAfterAWhileAndAtLastLeft() {
    init();
    background("b", "local_bash");
    result(0);
    assertThat(verdict()).isEqualTo(GOES_ON);
    now += ClaudeTurn.SHELL_LIMIT.toNanos();
    assertThat(verdict()).isEqualTo(STOP_SHELLS);
    assertThat(verdict()).isEqualTo(GOES_ON);
    now += 10 * SECOND;
    assertThat(verdict()).isEqualTo(OVER);
  }

  @Test
  void aStoppedShellCommandEndsTheTurnAtOnce() {
    init();
    background("b", "local_bash");
    result(0);
    verdict();
    now += ClaudeTurn.SHELL_LIMIT.toNanos();
    assertThat(verdict()).isEqualTo(STOP_SHELLS);
    ended("b", "stopped");
    background();
    assertThat(verdict()).isEqualTo(OVER);
  }

  private ClaudeTurn.Verdict verdict() {
    return turn.verdict(now);
  }

  private void init() {
    see("{'type':'system','subtype':'init'}");
  }

  private void result(int queued) {
    see("{'type':'result','subtype':'success','queued_turn_count':%d}".formatted(queued));
  }

  private void background() {
    see("{'type':'system','subtype':'background_tasks_changed','tasks':[]}");
  }

  private void background(String id, String kind) {
    see(
        "{'type':'system','subtype':'background_tasks_changed','tasks':[{'task_id':'%s','task_type':'%s'}]}"
            .formatted(id, kind));
  }

  private void ended(String id, String status) {
    see(
        "{'type':'system','subtype':'task_notification','task_id':'%s','status':'%s'}"
            .formatted(id, status));
  }

  private void see(String json) {
    turn.see(Json.MAPPER.readTree(json.replace('\'', '"')));
  }
}
