package dev.dunes.hosting;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.util.Map;
import java.util.Optional;

/**
 * A sandbox that runs and is in use.
 *
 * @param info how it is
 * @param sandbox the sandbox; not to be closed, paused or destroyed
 * @param processes what was started in it
 * @param attachments what its users keep with it while it runs
 * @param envs the variables of its template and of who made it, which all its programs have
 */
public record OpenSandbox(
    HostedSandbox info,
    Sandbox sandbox,
    Processes processes,
    Attachments attachments,
    Map<String, String> envs) {
  /**
   * Starts a process.
   *
   * @param keep how many bytes of each channel are kept
   */
  public HostedProcess start(Command command, int keep) {
    HostedProcess process = processes.start(sandbox, command, Optional.empty(), keep);
    process.begin().close();
    return process;
  }

  /**
   * Starts a process whose output is followed from its first byte on; nothing is lost.
   *
   * @param keep how many bytes of each channel are kept
   */
  public Followed follow(Command command, int keep) {
    return follow(command, Optional.empty(), keep);
  }

  /**
   * Starts a process whose output is followed from its first byte on; nothing is lost.
   *
   * @param tag what the client calls it
   * @param keep how many bytes of each channel are kept
   */
  public Followed follow(Command command, Optional<String> tag, int keep) {
    HostedProcess process = processes.start(sandbox, command, tag, keep);
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
