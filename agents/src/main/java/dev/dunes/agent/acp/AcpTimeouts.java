package dev.dunes.agent.acp;

import java.time.Duration;

/**
 * How long to wait for an agent. Sheet "driving other agents", 3 and 4.3.
 *
 * @param start for the first answer: the first start of a large program on a busy machine takes a
 *     while
 * @param control for a request that takes no work
 * @param open for opening a conversation, with its MCP servers
 * @param interrupt until a turn that was cancelled has ended; who does not obey is killed
 * @param exit for the end of the process after the end of its input; some never end by themselves
 */
record AcpTimeouts(
    Duration start, Duration control, Duration open, Duration interrupt, Duration exit) {
  static final AcpTimeouts USUAL =
      new AcpTimeouts(
          Duration.ofSeconds(90),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          Duration.ofSeconds(10),
          Duration.ofSeconds(3));
}
