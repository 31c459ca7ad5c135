package dev.dunes.provider.docker;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxQuotaException;
import java.io.IOException;
import java.util.Locale;

/** What a daemon, or the way to it, has to say, in the library's terms. */
final class DockerErrors {
  private DockerErrors() {}

  /** Nobody answers. */
  static SandboxException unreachable(DaemonAddress address, IOException cause) {
    String text = String.valueOf(cause.getMessage());
    ErrorDetails details = details().withCause(cause);
    if (text.contains("Permission denied")) {
      return new SandboxAuthenticationException(
          "this user may not use the Docker daemon at " + address,
          details.withRemedy(
              "add the user to the group 'docker' and log in again, or run rootless Docker"));
    }
    return new ProviderException(
        "the Docker daemon at %s cannot be reached: %s".formatted(address, text),
        details.withRemedy(
            "start it (systemctl start docker), or set DOCKER_HOST to where it is; see `ds doctor`"));
  }

  /** It was there and hung up. */
  static SandboxException lost(DaemonAddress address, IOException cause) {
    return new ProviderException(
        "the Docker daemon at %s hung up: %s".formatted(address, cause.getMessage()),
        details()
            .withCause(cause)
            .withRemedy("see whether it was restarted or is out of memory, then try again"));
  }

  /** It said no. */
  static SandboxException refused(String doing, Answer answer) {
    String said = answer.message();
    String lower = said.toLowerCase(Locale.ROOT);
    ErrorDetails details = details().withStatus(answer.status());
    if (lower.contains("no space left") || lower.contains("disk quota exceeded")) {
      return new SandboxQuotaException(
          "cannot %s: the Docker daemon's disk is full".formatted(doing),
          details.withRemedy("free some space: docker system df, docker system prune"));
    }
    if (lower.contains("storage-opt") || lower.contains("storage opt")) {
      return new IsolationUnavailableException(
          "diskMb: this Docker daemon cannot limit the disk: " + said,
          details.withRemedy(
              "leave diskMb out, or keep Docker's data on xfs mounted with 'pquota', btrfs or zfs"));
    }
    if (lower.contains("unknown or invalid runtime") || lower.contains("invalid runtime name")) {
      return new IsolationUnavailableException(
          "runtime: " + said,
          details.withRemedy("install it and name it under \"runtimes\" in daemon.json"));
    }
    if (lower.contains("bind source path does not exist")) {
      return new ProviderException(
          "the Docker daemon does not see this machine's files: " + said,
          details.withRemedy(
              "set DUNES_DOCKER_SHARED_FILES=no, or give Dunes a state directory that has the same"
                  + " path for both (DUNES_STATE)"));
    }
    if (answer.status() == 400) {
      return new InvalidRequestException(
          "providerConfig",
          "cannot %s: %s".formatted(doing, said),
          details.withRemedy("change what the message names"));
    }
    if (answer.status() == 401 || answer.status() == 403) {
      return new SandboxAuthenticationException(
          "cannot %s: %s".formatted(doing, said),
          details.withRemedy("see what this user may do at the daemon, or `docker login`"));
    }
    return new ProviderException(
        "cannot %s: %s".formatted(doing, said),
        details.withRemedy("see the Docker daemon's own log, and `ds doctor`"));
  }

  /** This machine's own disk. */
  static SandboxException disk(String doing, IOException e) {
    String text = String.valueOf(e.getMessage());
    ErrorDetails details = details().withCause(e);
    if (text.contains("No space left") || text.contains("Disk quota")) {
      return new SandboxQuotaException(
          "cannot %s: the disk is full".formatted(doing),
          details.withRemedy("free some space, or set DUNES_STATE to a directory on another disk"));
    }
    return new ProviderException(
        "cannot %s: %s".formatted(doing, text), details.withRemedy("see `ds doctor`"));
  }

  static ErrorDetails details() {
    return ErrorDetails.NONE.withProvider(DockerSandboxProviderFactory.NAME);
  }
}
