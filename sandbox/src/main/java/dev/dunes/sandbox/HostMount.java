package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * A directory or file of the host that a sandbox sees read-only.
 *
 * @param source on the host; absolute. It is shown as it is: keep secrets out of it
 * @param target where it is inside; absolute, without {@code .} or {@code ..}
 */
public record HostMount(Path source, String target) {
  public HostMount {
    requireNonNull(source, "source");
    requireNonNull(target, "target");
    if (!source.isAbsolute()) {
      throw InvalidRequestException.field("mounts.source", source, "an absolute path");
    }
    Path inside = Path.of(target);
    if (!inside.isAbsolute()
        || !inside.normalize().equals(inside)
        || inside.getNameCount() == 0
        || target.indexOf('\0') >= 0) {
      throw InvalidRequestException.field(
          "mounts.target", target, "an absolute path without '.' or '..'");
    }
  }
}
