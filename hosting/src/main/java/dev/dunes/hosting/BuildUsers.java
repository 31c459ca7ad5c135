package dev.dunes.hosting;

import dev.dunes.hosting.BuildLog.Level;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whom the steps of a build run as, and the sandboxes of the template after it. {@code user} is the
 * sandbox's own user, whatever its name there; where the provider lets no other be chosen, it does
 * everything. E2B wire 2.4.
 */
final class BuildUsers {
  private static final String OWN = "user";

  /** Makes the user $1, with what the image has for that. */
  private static final String MAKE =
      """
      id -u -- "$1" >/dev/null 2>&1 && exit
      if command -v useradd >/dev/null; then useradd -m -s /bin/sh -- "$1"
      else adduser -D -s /bin/sh -- "$1"
      fi
      """;

  private final BuildShell shell;
  private final BuildLog log;
  private final boolean any;
  private final Set<String> known = new HashSet<>(Set.of(OWN));
  private Optional<String> current;
  private boolean said;

  /**
   * @param any whether the provider lets commands run as any user
   * @param first whom steps run as before one says otherwise
   */
  BuildUsers(BuildShell shell, BuildLog log, boolean any, Optional<String> first) {
    this.shell = shell;
    this.log = log;
    this.any = any;
    this.current = any ? first : Optional.empty();
  }

  /** Whom steps that name nobody run as; empty for the sandbox's own user. */
  Optional<String> current() {
    return current;
  }

  /** From now on steps that name nobody run as this one, which is made when it is not there. */
  void become(String number, String name) throws BuildFailedException {
    known.add(name);
    if (any && !name.equals(OWN)) {
      List<String> argv = List.of("/bin/sh", "-c", MAKE, "make", name);
      if (!shell.run(number, argv, Map.of(), Optional.empty(), Optional.empty()).success()) {
        throw new BuildFailedException(
            number,
            "user '%s' cannot be made; the output of useradd is in the log".formatted(name));
      }
    }
    current = chosen(number, name);
  }

  /** Whom a command runs as that names this user, or nobody. */
  Optional<String> of(String number, String line, String name) throws BuildFailedException {
    if (name.isBlank()) {
      return current;
    }
    if (!known.contains(name)) {
      if (!id(number, name).success()) { // in the words that clients know
        throw new BuildFailedException(
            number,
            "failed to run command '%s': command failed: unauthenticated: invalid username: '%s'"
                .formatted(line, name));
      }
      known.add(name);
    }
    return chosen(number, name);
  }

  /** Whose files are that a step copies for this user or {@code user:group}, or for nobody. */
  Optional<String> owner(String number, String name) throws BuildFailedException {
    return name.isBlank() ? current : chosen(number, name);
  }

  private Optional<String> chosen(String number, String name) throws BuildFailedException {
    if (name.equals(OWN)) {
      return Optional.empty();
    }
    if (any) {
      return id(number, name).stdout().strip().equals(id(number, "").stdout().strip())
          ? Optional.empty()
          : Optional.of(name);
    }
    if (!said) {
      said = true;
      log.add(
          Level.WARN,
          number,
          "there is no user '%s' in sandboxes of this provider: commands run as '%s', and what needs root fails"
              .formatted(name, OWN));
    }
    return Optional.empty();
  }

  /** The number of a user; without a name that of the sandbox's own. */
  private ExecResult id(String number, String name) throws BuildFailedException {
    List<String> argv = name.isEmpty() ? List.of("id", "-u") : List.of("id", "-u", "--", name);
    return shell
        .sandbox()
        .exec(Command.builder(argv).timeout(shell.left(number)).outputLimit(4096).build());
  }
}
