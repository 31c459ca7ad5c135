package dev.dunes.session;

import static java.util.Objects.requireNonNull;

/**
 * What an installation did.
 *
 * @param alreadyInstalled whether there was nothing to do
 * @param path of the program
 */
public record AgentInstallation(boolean alreadyInstalled, String version, String path) {
  public AgentInstallation {
    requireNonNull(version, "version");
    requireNonNull(path, "path");
  }
}
