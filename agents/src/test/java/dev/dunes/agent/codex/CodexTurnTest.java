package dev.dunes.agent.codex;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.codex.CodexTurn.Verdict;
import dev.dunes.agent.drive.Json;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

final class CodexTurnTest {
  private static final long LIMIT = CodexTurn.COMMAND_LIMIT.toNanos();
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final CodexTurn turn = new CodexTurn();

  private static JsonNode json(String text) {
    return Json.MAPPER.readTree(text.replace('\'', '"'));
  }

  @BeforeEach
  void begin() {
    turn.thread("T");
    turn.begin();
    see("turn/started", "{'threadId':'T','turn':{'id':'U'}}");
  }

  private void see(String method, String params) {
    turn.see(method, json(params));
  }

  private void completed(String thread) {
    see("turn/completed", "{'threadId':'%s','turn':{'id':'U'}}".formatted(thread));
  }

  private void command(String method, String thread) {
    see(method, "{'threadId':'%s','item':{'type':'commandExecution','id':'c'}}".formatted(thread));
  }

  @Test
  void itsOwnEndIsTheEnd() {
    assertThat(turn.verdict(false, 0)).isEqualTo(Verdict.GOES_ON);
    assertThat(turn.id()).contains("U");
    completed("other");
    assertThat(turn.verdict(false, 0)).isEqualTo(Verdict.GOES_ON);
    completed("T");
    assertThat(turn.verdict(false, 0)).isEqualTo(Verdict.OVER);
  }

  @Test
  void subagentsAreWaitedForWithoutALimit() {
    see("turn/started", "{'threadId':'S','turn':{'id':'V'}}");
    completed("T");
    assertThat(turn.verdict(false, 100 * LIMIT)).isEqualTo(Verdict.GOES_ON);
    assertThat(turn.isRunning("V")).isTrue();
    completed("S");
    assertThat(turn.verdict(false, 100 * LIMIT)).isEqualTo(Verdict.OVER);
  }

  @Test
  void aCommandHoldsTheTurnForAWhileAndIsThenStopped() {
    command("item/started", "T");
    completed("T");
    assertThat(turn.verdict(false, 0)).isEqualTo(Verdict.GOES_ON);
    assertThat(turn.deadline()).contains(LIMIT);
    assertThat(turn.verdict(false, LIMIT)).isEqualTo(Verdict.STOP_COMMANDS);
    assertThat(turn.verdict(false, LIMIT + SECOND)).isEqualTo(Verdict.GOES_ON);
    turn.stopAnswered();
    assertThat(turn.verdict(false, LIMIT + SECOND)).isEqualTo(Verdict.STOP_COMMANDS);
    turn.stopAnswered();
    command("item/completed", "T");
    assertThat(turn.verdict(false, LIMIT + SECOND)).isEqualTo(Verdict.OVER);
  }

  @Test
  void aCommandThatDoesNotStopIsSaidToBeStuck() {
    command("item/started", "T");
    completed("T");
    assertThat(turn.verdict(true, 0)).isEqualTo(Verdict.STOP_COMMANDS);
    assertThat(turn.deadline().orElseThrow()).isEqualTo(5 * SECOND);
    assertThat(turn.verdict(true, 5 * SECOND)).isEqualTo(Verdict.STUCK);
  }

  @Test
  void anInterruptStopsCommandsAlsoWhenNoneIsKnown() {
    completed("T");
    assertThat(turn.verdict(true, 0)).isEqualTo(Verdict.STOP_COMMANDS);
    assertThat(turn.threads()).containsExactly("T");
    turn.stopAnswered();
    assertThat(turn.verdict(true, 0)).isEqualTo(Verdict.OVER);
  }

  @Test
  void aCommandThatWaitsForAPermissionDoesNotRun() {
    command("item/started", "T");
    turn.asks(json("0"), json("{'itemId':'c'}"));
    completed("T");
    assertThat(turn.verdict(false, 0)).isEqualTo(Verdict.OVER);
  }

  @Test
  void aCommandThatWasPermittedDoes() {
    command("item/started", "T");
    turn.asks(json("0"), json("{'itemId':'c'}"));
    see("serverRequest/resolved", "{'threadId':'T','requestId':0}");
    completed("T");
    assertThat(turn.verdict(false, 0)).isEqualTo(Verdict.GOES_ON);
  }
}
