package dev.dunes.cli;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Placement;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.TerminalSize;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ds shell}: an interactive shell in a new sandbox, or in a named one that is kept. */
@CommandLine.Command(
    description = {
      "Opens an interactive shell in a new sandbox, which is destroyed when the shell ends.",
      "One with a name is kept, and found again by it. The exit code is the shell's.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds shell",
      "  ds shell -n dev            and again later: ds shell -n dev",
      "  ds shell -p local --memory 512 --network host",
      "  echo 'make test' | ds shell -n dev"
    })
final class ShellVerb implements Verb {
  /** The best shell there is. */
  private static final String SHELL =
      "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi";

  private final Console console;

  @Option(
      names = {"-n", "--name"},
      paramLabel = "NAME",
      description =
          "Keep the sandbox under this name (its label `name`), or use the one that has it.")
  private Optional<String> name = Optional.empty();

  @Option(
      names = "--keep",
      negatable = true,
      defaultValue = "false",
      fallbackValue = "true",
      description = "Keep the sandbox afterwards (default: only one with a name).")
  private boolean keep;

  @Option(
      names = "--lifetime",
      paramLabel = "SECONDS",
      defaultValue = "" + Lifetime.KEPT_SECONDS,
      description = "How long a sandbox that is kept lives after the shell (default: 3600).")
  private int lifetime;

  @Option(
      names = "--tty",
      negatable = true,
      description = "Use a terminal in the sandbox (default: when standard input is one).")
  private Optional<Boolean> tty = Optional.empty();

  @Mixin private SpecOptions specOptions = new SpecOptions();
  @Mixin private CommandOptions commandOptions = new CommandOptions();

  ShellVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    Duration lives = Lifetime.seconds("--lifetime", lifetime);
    Duration atFirst = Lifetime.longer(lives, Duration.ofSeconds(Lifetime.KEPT_SECONDS));
    SandboxSpec spec = spec(atFirst);
    Command.Builder command = commandOptions.applyTo(Command.shellBuilder(SHELL));
    command.build();
    String provider = new Places(console).provider(specOptions.provider());
    try (Hold hold = new Hold(console, sandbox(spec, Placement.at(provider)))) {
      Sandbox sandbox = hold.sandbox();
      Lifetime.extend(console, sandbox, atFirst);
      int code;
      try (KeepAlive _ = KeepAlive.start(console, sandbox)) {
        code = shell(sandbox, command);
      }
      if (keeps()) {
        Lifetime.extend(console, sandbox, lives);
        tellHowToComeBack(sandbox);
      }
      return code;
    }
  }

  private boolean keeps() {
    return keep || name.isPresent();
  }

  private SandboxSpec spec(Duration lives) {
    SandboxSpec.Builder spec =
        specOptions
            .spec()
            .env(commandOptions.env())
            .lifetime(lives)
            .detached(keeps())
            .label("cli", "true");
    name.ifPresent(given -> spec.label("name", given));
    commandOptions.workdir().ifPresent(spec::workingDir);
    return spec.build();
  }

  private Sandbox sandbox(SandboxSpec spec, Placement placement) {
    long start = System.nanoTime();
    Sandbox sandbox =
        console
            .interruption()
            .making(() ->
                name.isPresent()
                    ? console.sandboxes().getOrCreate(spec, placement)
                    : console.sandboxes().create(spec, placement));
    console.explain(
        "sandbox %s at %s ready in %s"
            .formatted(sandbox.id(), sandbox.provider(), Elapsed.since(start)));
    return sandbox;
  }

  private int shell(Sandbox sandbox, Command.Builder command) {
    boolean terminal = tty.orElse(console.terminals().in());
    if (!terminal) {
      return new Execution(console, sandbox).run(command.openStdin().build(), false);
    }
    command.env("TERM", console.env("TERM").orElse("xterm-256color"));
    if (!console.terminals().in()) {
      return new Execution(console, sandbox)
          .run(command.terminal(TerminalSize.DEFAULT).build(), false);
    }
    return interactive(sandbox, command);
  }

  private int interactive(Sandbox sandbox, Command.Builder command) {
    command.terminal(RawTerminal.size().orElse(TerminalSize.DEFAULT));
    Optional<RawTerminal> raw = RawTerminal.enter();
    try (Interruption.Guard _ =
        console.interruption().guard(() -> raw.ifPresent(RawTerminal::close))) {
      return new Execution(console, sandbox).runResizing(command.build());
    }
  }

  private void tellHowToComeBack(Sandbox sandbox) {
    if (!console.terminals().err()) {
      return;
    }
    String how =
        name.map(given -> "%s shell -n %s".formatted(console.program(), Printable.line(given)))
            .orElseGet(() ->
                "%s exec %s COMMAND".formatted(console.program(), Printable.line(sandbox.id())));
    console.complain("💡 Reconnect: " + how);
  }
}
