package dev.dunes.agent.acp;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends commands that go on after their turn was cancelled: what has the agent's mark of a command
 * in its environment and began after the turn did. Sheet "driving other agents", 4.4.
 */
final class Survivors {
  private static final Logger LOG = LoggerFactory.getLogger(Survivors.class);

  /** What a process tells of its age is coarse. */
  private static final long SLACK_MILLIS = 200;

  /** Twice, since a process may have been made while the first round went on. */
  private static final String SCRIPT =
      """
      read -r up rest < /proc/uptime
      tick=$(getconf CLK_TCK) || tick=100
      now=$(( ${up%.*} * 1000 + 1${up#*.} % 100 * 10 ))
      for round in 1 2; do
        for p in /proc/[0-9]*; do
          tr '\\0' '\\n' < "$p/environ" 2>/dev/null | grep -qxF -- "$1" || continue
          stat=$(cat "$p/stat" 2>/dev/null) || continue
          set -- "$1" "$2" ${stat##*) }
          [ $(( now - ${22} * 1000 / tick )) -le "$2" ] && kill -9 "${p#/proc/}" 2>/dev/null
        done
      done
      exit 0
      """;

  private final Sandbox sandbox;
  private final Optional<String> mark;
  private long began = System.nanoTime();

  /**
   * @param mark such as {@code NAME=value}; without one nothing survives
   */
  Survivors(Sandbox sandbox, Optional<String> mark) {
    this.sandbox = sandbox;
    this.mark = mark;
  }

  /** A turn begins. */
  void begin() {
    began = System.nanoTime();
  }

  /** The turn was cancelled; blocks until they are gone. */
  void kill() {
    if (mark.isEmpty()) {
      return;
    }
    long age = (System.nanoTime() - began) / 1_000_000 + SLACK_MILLIS;
    Command command =
        Command.builder("/bin/sh", "-c", SCRIPT, "sh", mark.get(), String.valueOf(age))
            .timeout(Duration.ofSeconds(10))
            .build();
    try {
      ExecResult said = sandbox.exec(command);
      if (said.exitCode() != 0) {
        LOG.warn("commands of a cancelled turn may go on: {}", said.stderr());
      }
    } catch (SandboxException e) {
      LOG.warn("commands of a cancelled turn may go on", e);
    }
  }
}
