package dev.dunes.provider.modal;

import dev.dunes.provider.cloud.ClearingAway;
import dev.dunes.provider.modal.ModalShape.Found;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The variables a sandbox was made with. Modal gives them to processes and tells them to nobody:
 * who did not make the sandbox asks a process in it.
 */
final class Variables {
  /** While it is paused: they are not in its files otherwise. Its owner alone can read it. */
  private static final String FILE = "\"${HOME:-}/.dunes-variables\"";

  private static final Duration READ_LIFETIME = Duration.ofMinutes(5);

  private Variables() {}

  /** The specification with them. */
  static SandboxSpec of(ModalSandbox sandbox, Found found) {
    return known(sandbox, found)
        ? sandbox.spec()
        : with(sandbox, found, read(sandbox, "/proc/self/environ"));
  }

  private static boolean known(ModalSandbox sandbox, Found found) {
    return names(found).isEmpty() || !sandbox.spec().env().isEmpty();
  }

  private static Set<String> names(Found found) {
    String names = found.tag(ModalShape.VARIABLES);
    return names.isEmpty() ? Set.of() : Set.of(names.split(","));
  }

  private static SandboxSpec with(ModalSandbox sandbox, Found found, Map<String, String> all) {
    SandboxSpec.Builder spec = sandbox.spec().toBuilder();
    for (String name : names(found)) {
      String value = all.get(name);
      if (value != null) {
        spec.env(name, value);
      }
    }
    return spec.build();
  }

  private static Map<String, String> read(ModalSandbox sandbox, String file) {
    ExecResult result = sandbox.exec("cat " + file);
    if (!result.success()) {
      throw new ProviderException(
          "the variables of the sandbox could not be read",
          ErrorDetails.at(sandbox.provider(), sandbox.id())
              .withRemedy("let whoever made it do this, or make it anew"));
    }
    Map<String, String> variables = new HashMap<>();
    String text = new String(result.stdoutBytes(), StandardCharsets.UTF_8);
    for (String each : text.split("\0")) {
      int end = each.indexOf('=');
      if (end > 0) {
        variables.put(each.substring(0, end), each.substring(end + 1));
      }
    }
    return variables;
  }

  /** Puts them among the files, which are about to be saved. */
  static void keep(ModalSandbox sandbox, Found found) {
    if (!names(found).isEmpty()) {
      ExecResult kept =
          sandbox.exec("umask 077; rm -f " + FILE + "; cat /proc/self/environ >" + FILE);
      if (!kept.success()) {
        throw new ProviderException(
            "the variables of the sandbox could not be kept: " + kept.stderr().strip(),
            ErrorDetails.at(sandbox.provider(), sandbox.id()).withRemedy("make room in its /tmp"));
      }
    }
  }

  /** The specification with those of a paused one, out of its files. */
  static SandboxSpec ofPaused(
      ModalSandboxProvider provider, ModalSandbox sandbox, Found found, String image) {
    if (known(sandbox, found)) {
      return sandbox.spec();
    }
    SandboxSpec reader = SandboxSpec.builder().lifetime(READ_LIFETIME).build();
    ModalSandbox files =
        provider.make(
            reader,
            image,
            ModalShape.tags(reader, UUID.randomUUID().toString(), READ_LIFETIME),
            READ_LIFETIME);
    try {
      return with(sandbox, found, read(files, FILE));
    } finally {
      ClearingAway.run(files::destroy);
    }
  }

  /** They are with its processes again. */
  static void forget(ModalSandbox sandbox, Found found) {
    if (!names(found).isEmpty()) {
      sandbox.runQuietly("rm -f " + FILE);
    }
  }
}
