package dev.dunes.agent.install;

import static java.util.Objects.requireNonNull;

/**
 * One package of a registry, exactly.
 *
 * @param name with its scope, such as {@code @scope/name}
 * @param integrity what its tarball must hash to
 */
public record PinnedPackage(String name, String version, Integrity integrity) {
  public PinnedPackage {
    requireNonNull(name, "name");
    requireNonNull(version, "version");
    requireNonNull(integrity, "integrity");
  }

  /** The name without its scope. */
  String baseName() {
    return name.substring(name.indexOf('/') + 1);
  }

  /** What {@code npm pack} calls the tarball. */
  String packedName() {
    return name.replace("@", "").replace('/', '-') + "-" + version + ".tgz";
  }

  /** What registries call the tarball. */
  String tarballName() {
    return baseName() + "-" + version + ".tgz";
  }

  @Override
  public String toString() {
    return name + "@" + version;
  }
}
