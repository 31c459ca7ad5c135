package dev.dunes.hosting;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;

/**
 * A sandbox that runs and is in use.
 *
 * @param info how it is
 * @param sandbox the sandbox; not to be closed, paused or destroyed
 * @param processes what was started in it
 */
public record OpenSandbox(HostedSandbox info, Sandbox sandbox, Processes processes) {
  /**
   * Starts a process.
   *
   * @param keep how many bytes of each channel are kept
   */
  public HostedProcess start(Command command, int keep) {
    HostedProcess process = processes.start(sandbox, command, keep);
    process.begin().close();
    return process;
  }

  /**
   * Starts a process whose output is followed from its first byte on; nothing is lost.
   *
   * @param keep how many bytes of each channel are kept
   */
  public Followed follow(Command command, int keep) {
    HostedProcess process = processes.start(sandbox, command, keep);
    return new Followed(process, process.begin());
  }

  /**
   * A process and its output.
   *
   * @param process that was started
   * @param output from its first byte on; to be closed
   */
  public record Followed(HostedProcess process, HostedProcess.Following output) {}
}
