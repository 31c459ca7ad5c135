package dev.dunes.agent.install;

import dev.dunes.agent.AgentException;
import org.jspecify.annotations.Nullable;

/** Makes the exceptions of failed installations. */
final class InstallFailure {
  private InstallFailure() {}

  static AgentException of(String message, @Nullable String remedy) {
    return new AgentException("install_failed", message, remedy, null);
  }

  static AgentException of(String message, @Nullable String remedy, Throwable cause) {
    return new AgentException("install_failed", message, remedy, cause);
  }
}
