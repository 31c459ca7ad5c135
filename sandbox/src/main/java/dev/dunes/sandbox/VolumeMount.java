package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * Files that outlive the sandbox, which reads and writes them, and shares them with every other one
 * that names the same directory.
 *
 * @param directory on the host where the provider keeps them, made when missing; absolute. What is
 *     in it is the provider's business, and hostile once a sandbox has written to it
 * @param target where they are inside; absolute, without {@code .} or {@code ..}
 * @param sizeMb the most they may take, MiB; at least 16. Said when they are made; kept where the
 *     provider can, see {@code ds doctor}
 */
public record VolumeMount(Path directory, String target, int sizeMb) {
  public VolumeMount {
    requireNonNull(directory, "directory");
    requireNonNull(target, "target");
    if (!directory.isAbsolute()) {
      throw InvalidRequestException.field("volumes.directory", directory, "an absolute path");
    }
    if (target.indexOf('\0') >= 0 || !plain(Path.of(target))) {
      throw InvalidRequestException.field(
          "volumes.target", target, "an absolute path without '.' or '..'");
    }
    if (sizeMb < 16) {
      throw InvalidRequestException.field("volumes.sizeMb", sizeMb, "a number of at least 16");
    }
  }

  private static boolean plain(Path inside) {
    return inside.isAbsolute() && inside.normalize().equals(inside) && inside.getNameCount() > 0;
  }
}
