package dev.dunes.session.engine;

import dev.dunes.agent.AgentException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SecretMask;
import dev.dunes.session.SessionException;
import dev.dunes.session.journal.JournalException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The problems of the agent API, sheet 2.4, in its words. */
public final class Problems {
  private Problems() {}

  /** {@code invalid_request}. */
  public static SessionException invalid(String message, @Nullable String remedy) {
    return new SessionException(
        "invalid_request", "invalid request: " + message, Map.of(), remedy, null);
  }

  static SessionException notFound(String id) {
    return new SessionException(
        "session_not_found",
        "session not found: " + id,
        Map.of("sessionId", id),
        "list the sessions there are",
        null);
  }

  static SessionException exists(String id) {
    return new SessionException(
        "session_already_exists",
        "session already exists: " + id,
        Map.of("sessionId", id),
        "choose another id",
        null);
  }

  static SessionException unsupported(String agent, AgentException why) {
    return new SessionException(
        "unsupported_agent",
        "unsupported agent: " + agent,
        Map.of("agent", agent),
        why.remedy().orElse(null),
        why);
  }

  static SessionException notInstalled(String agent, String why) {
    return new SessionException(
        "agent_not_installed",
        "agent not installed: " + agent,
        Map.of("agent", agent, "details", Map.of("message", why)),
        why,
        null);
  }

  static SessionException installFailed(String agent, AgentException why) {
    return new SessionException(
        "install_failed",
        "install failed: " + agent,
        Map.of("agent", agent, "details", Map.of("stderr", said(why))),
        why.remedy().orElse(null),
        why);
  }

  static SessionException modeNotSupported(String agent, String mode, String remedy) {
    return new SessionException(
        "mode_not_supported",
        "mode not supported: %s %s".formatted(agent, mode),
        Map.of("agent", agent, "details", Map.of("mode", mode)),
        remedy,
        null);
  }

  /** {@code conflict}. */
  public static SessionException conflict(String message, String remedy) {
    return new SessionException(
        "conflict",
        "conflict: " + message,
        Map.of("details", Map.of("message", message)),
        remedy,
        null);
  }

  static SessionException agentExited(
      String agent, @Nullable Integer exitCode, @Nullable String stderr) {
    Map<String, Object> details = new LinkedHashMap<>();
    if (exitCode != null) {
      details.put("exitCode", exitCode);
    }
    if (stderr != null && !stderr.isEmpty()) {
      details.put("stderr", stderr);
    }
    return new SessionException(
        "agent_process_exited",
        "agent process exited: " + agent,
        Map.of("agent", agent, "details", details),
        "create another session",
        null);
  }

  /** {@code stream_error}. */
  public static SessionException stream(
      String message, @Nullable String remedy, @Nullable Throwable cause) {
    return new SessionException(
        "stream_error",
        "stream error: " + message,
        Map.of("details", Map.of("message", message)),
        remedy,
        cause);
  }

  static SessionException of(JournalException e) {
    return e.reason() == JournalException.Reason.IN_USE
        ? new SessionException(
            "conflict",
            "conflict: " + e.getMessage(),
            Map.of("details", Map.of("message", String.valueOf(e.getMessage()))),
            e.remedy(),
            e)
        : stream(String.valueOf(e.getMessage()), e.remedy(), e);
  }

  /** What an agent or a sandbox threw. */
  static SessionException of(String agent, RuntimeException e) {
    return switch (e) {
      case SessionException known -> known;
      case JournalException journal -> of(journal);
      case AgentException failed when failed.code().equals("install_failed") ->
          installFailed(agent, failed);
      default -> stream(said(e), remedy(e).orElse(null), e);
    };
  }

  /** The same, the secrets in what was thrown masked: it may have what the agent wrote in it. */
  static SessionException of(String agent, RuntimeException e, SecretMask mask) {
    SessionException problem = of(agent, e);
    return problem.getCause() == e
            && problem.code().equals("stream_error")
            && !(e instanceof JournalException)
        ? stream(mask.apply(said(e)), problem.remedy().orElse(null), null)
        : problem; // in our words
  }

  /** What to do about it, if that is known. */
  static Optional<String> remedy(RuntimeException e) {
    return switch (e) {
      case SessionException known -> known.remedy();
      case AgentException known -> known.remedy();
      case SandboxException known -> known.remedy();
      default -> Optional.empty();
    };
  }

  /** What happened, one line. */
  static String said(RuntimeException e) {
    if (e instanceof SessionException known) {
      return known.detail();
    }
    Throwable inner = e;
    if (e instanceof SandboxException && e.getSuppressed().length == 1) {
      inner = e.getSuppressed()[0];
    }
    return String.valueOf(inner.getMessage());
  }
}
