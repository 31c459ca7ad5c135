package dev.dunes.hosting;

import static java.util.Objects.requireNonNull;

/**
 * A volume in a sandbox.
 *
 * @param id of the volume
 * @param name of the volume when the sandbox was made
 * @param path where it is in the sandbox
 */
public record MountedVolume(String id, String name, String path) {
  public MountedVolume {
    requireNonNull(id, "id");
    requireNonNull(name, "name");
    requireNonNull(path, "path");
  }
}
