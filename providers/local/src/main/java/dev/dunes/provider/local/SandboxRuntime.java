package dev.dunes.provider.local;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationTier;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What builds a sandbox's namespaces, or its kernel. */
enum SandboxRuntime {
  /** bubblewrap. */
  BWRAP(SandboxView.USER, IsolationTier.NAMESPACE),
  CRUN(SandboxView.USER, IsolationTier.NAMESPACE),
  /** Needs a user 0; the guest gives it its other number in a namespace of its own. */
  RUNC(0, IsolationTier.NAMESPACE),
  /** gVisor. */
  RUNSC(0, IsolationTier.GVISOR);

  /** In settings, and in {@code providerConfig}. */
  static final String SETTING = "runtime";

  private final int user;
  private final IsolationTier tier;

  SandboxRuntime(int user, IsolationTier tier) {
    this.user = user;
    this.tier = tier;
  }

  /** Its program's name, which it has in settings, too. */
  String program() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The user it starts the guest as, in the one user namespace it makes. */
  int user() {
    return user;
  }

  IsolationTier tier() {
    return tier;
  }

  /**
   * Reads a setting.
   *
   * @param field the name of the setting
   */
  static SandboxRuntime of(String field, String text) {
    return Arrays.stream(values())
        .filter(each -> each.program().equals(text))
        .findFirst()
        .orElseThrow(() ->
            InvalidRequestException.field(
                field,
                text,
                Arrays.stream(values())
                    .map(SandboxRuntime::program)
                    .collect(Collectors.joining(", "))));
  }
}
