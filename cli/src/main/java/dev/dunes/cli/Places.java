package dev.dunes.cli;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.ProviderChoice;
import dev.dunes.sandbox.ProviderStatus;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.util.List;
import java.util.Optional;

/** Finds the provider, or the sandbox, that a command line means. */
final class Places {
  private final Console console;

  Places(Console console) {
    this.console = console;
  }

  /** The provider that is named, or else the default one; opened. */
  String provider(Optional<String> named) {
    String name;
    if (named.isPresent()) {
      name = named.get();
      console.explain("provider %s (named with -p)".formatted(name));
    } else {
      ProviderChoice choice = console.sandboxes().choice();
      name = choice.name();
      console.explain("provider %s (%s)".formatted(name, choice.reason()));
    }
    open(name);
    return name;
  }

  /**
   * The sandbox of this id: at the provider that is named, or else at the only one that knows it.
   */
  Sandbox sandbox(Optional<String> provider, String id) {
    if (provider.isPresent()) {
      String name = provider(provider);
      return console
          .sandboxes()
          .get(name, id)
          .orElseThrow(() -> console.sandboxes().provider(name).notFound(id));
    }
    return anywhere(id).orElseThrow(() -> unresolved(id));
  }

  /** Ends a sandbox; false when the provider that is named does not know it. */
  boolean destroy(Optional<String> provider, String id) {
    if (provider.isPresent()) {
      return console.sandboxes().destroy(provider(provider), id);
    }
    try (Sandbox sandbox = sandbox(provider, id)) {
      return sandbox.destroy();
    }
  }

  /** The sandbox of this id at the only provider that knows it; empty when none does. */
  Optional<Sandbox> anywhere(String id) {
    try {
      return console.sandboxes().get(id);
    } catch (InvalidRequestException e) {
      throw Failure.usage(String.valueOf(e.getMessage()), "name the provider with -p");
    }
  }

  private static Failure unresolved(String id) {
    return Failure.usage(
        "no provider knows a sandbox '%s'".formatted(id),
        "`ds list` shows what there is; -p names a provider");
  }

  private void open(String name) {
    try {
      console.sandboxes().provider(name);
    } catch (SandboxInterruptedException e) {
      throw e;
    } catch (SandboxException e) {
      List<String> known =
          console.sandboxes().providers().stream().map(ProviderStatus::name).toList();
      if (!known.contains(name)) {
        throw new Failure(
            ExitCodes.ERROR,
            "Unknown provider: " + name,
            "Available providers: " + String.join(", ", known));
      }
      throw new Failure(
          ExitCodes.ERROR,
          "Failed to initialize %s: %s".formatted(name, e.getMessage()),
          e.remedy().orElse("`ds doctor` says what is missing"));
    }
  }
}
