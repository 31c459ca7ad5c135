package dev.dunes.provider.local;

import dev.dunes.sandbox.spi.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether the kernel lets this user make user namespaces, and which setting is in the way when not.
 */
final class UserNamespaces {
  private static final String NAME = "user namespaces";
  private static final Path SYSCTL = Path.of("/proc/sys");

  private UserNamespaces() {}

  static Check check() {
    return check(SYSCTL, Files.exists(Path.of("/proc/self/ns/user")));
  }

  /**
   * By the settings alone.
   *
   * @param sysctl where settings of the kernel are files
   * @param exists whether the kernel knows them at all
   */
  static Check check(Path sysctl, boolean exists) {
    if (!exists) {
      return Check.fail(NAME, "this kernel has none", "use a kernel with CONFIG_USER_NS");
    }
    Optional<String> most = read(sysctl.resolve("user/max_user_namespaces"));
    if (most.filter("0"::equals).isPresent()) {
      return Check.fail(
          NAME, "user.max_user_namespaces is 0", "sysctl -w user.max_user_namespaces=15000");
    }
    if (read(sysctl.resolve("kernel/unprivileged_userns_clone")).filter("0"::equals).isPresent()) {
      return Check.fail(
          NAME,
          "kernel.unprivileged_userns_clone is 0",
          "sysctl -w kernel.unprivileged_userns_clone=1");
    }
    if (read(sysctl.resolve("kernel/apparmor_restrict_unprivileged_userns"))
        .filter("1"::equals)
        .isPresent()) {
      return Check.warn(
          NAME,
          "AppArmor lets only programs with a profile make them (kernel.apparmor_restrict_unprivileged_userns)",
          "install a profile for bwrap that allows userns, or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
    }
    return Check.ok(NAME, most.map(number -> "at most " + number).orElse("allowed"));
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (IOException e) {
      return Optional.empty(); // this kernel does not have the setting
    }
  }
}
