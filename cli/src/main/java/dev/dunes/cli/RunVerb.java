package dev.dunes.cli;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Placement;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ds run}: a command or code in a new sandbox, or in one found by its labels. */
@CommandLine.Command(
    description = {
      "Runs a command, a file or piped code in a sandbox.",
      "What it writes comes out byte for byte as it is written; the exit code is its own.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds run 'uname -a'",
      "  ds run --file script.py",
      "  ds run --lang node < script.js",
      "  tar c . | ds run 'tar x && make test'",
      "  ds run -t 10 --memory 256 -e DEBUG=1 'make test'",
      "  ds run --keep -l job=build 'make'      then: ds run -l job=build 'make test'"
    })
final class RunVerb implements Verb {
  private final Console console;

  @Parameters(
      arity = "0..1",
      paramLabel = "COMMAND",
      description =
          "A line of shell. Without it and without --file, code is read from standard input.")
  private Optional<String> command = Optional.empty();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "PATH",
      description = "Run the code in this file; comes before COMMAND.")
  private Optional<String> file = Optional.empty();

  @Option(
      names = {"--lang", "--language"},
      paramLabel = "LANGUAGE",
      description =
          "The language of the code: python, node, typescript, go, rust, bash, sh, ruby or java; "
              + "else by the file's extension.")
  private Optional<String> language = Optional.empty();

  @Option(
      names = {"-t", "--timeout"},
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "Kill the command after this time, with exit code 124 (default: 120).")
  private int timeout;

  @Option(
      names = "--reuse",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Use a running sandbox that has all the labels given, if there is one (default: yes).")
  private boolean reuse;

  @Option(
      names = "--keep",
      negatable = true,
      defaultValue = "false",
      fallbackValue = "true",
      description = "Keep the sandbox afterwards (default: no).")
  private boolean keep;

  @Option(
      names = "--lifetime",
      paramLabel = "SECONDS",
      defaultValue = "" + Lifetime.KEPT_SECONDS,
      description = "How long a sandbox that is kept lives (default: 3600).")
  private int lifetime;

  @Option(
      names = "--deps",
      negatable = true,
      defaultValue = "false",
      fallbackValue = "true",
      description = "Go: download what go.mod, beside the file, asks for (default: no).")
  private boolean deps;

  @Option(names = "--json", description = "Print the result as one JSON object.")
  private boolean json;

  @Mixin private SpecOptions specOptions = new SpecOptions();
  @Mixin private CommandOptions commandOptions = new CommandOptions();

  RunVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    if (file.isEmpty() && command.isEmpty() && console.terminals().in()) {
      return nothingToRun();
    }
    Duration limit = Lifetime.seconds("--timeout", timeout);
    Duration lives = lives(limit);
    Command.Builder settings = withSettings(Command.builder("true"), limit);
    settings.build(); // names of variables are checked before anything is made
    SandboxSpec.Builder spec = spec(lives);
    spec.build();
    Optional<Code> code = code();
    code.flatMap(Code::language).ifPresent(known -> spec.language(known.word()));
    String provider = new Places(console).provider(specOptions.provider());
    try (Hold hold = new Hold(console, sandbox(spec.build(), Placement.at(provider)))) {
      Lifetime.extend(console, hold.sandbox(), lives);
      return code.isPresent()
          ? runCode(hold.sandbox(), code.get(), limit)
          : execute(hold.sandbox(), Command.shellBuilder(command.orElseThrow()), limit);
    }
  }

  private int nothingToRun() {
    String program = console.program();
    console.complain(
        """
        ❌ No command provided. Use:
          - %s run 'command'
          - %s run --file script.py
          - echo 'code' | %s run --lang python\
        """
            .formatted(program, program, program));
    return ExitCodes.ERROR;
  }

  private Duration lives(Duration limit) {
    Duration needed = limit.plus(Lifetime.MARGIN);
    return keep ? Lifetime.longer(needed, Lifetime.seconds("--lifetime", lifetime)) : needed;
  }

  private SandboxSpec.Builder spec(Duration lives) {
    SandboxSpec.Builder spec =
        specOptions.spec().env(commandOptions.env()).lifetime(lives).detached(keep);
    commandOptions.workdir().ifPresent(spec::workingDir);
    if (specOptions.labels().isEmpty()) {
      spec.label("cli", "true");
    }
    return spec;
  }

  /** The code that comes before COMMAND, or instead of it. */
  private Optional<Code> code() {
    if (file.isPresent()) {
      return Optional.of(Code.ofFile(console, file.get(), language));
    }
    return command.isPresent() ? Optional.empty() : Optional.of(Code.ofStdin(console, language));
  }

  private Sandbox sandbox(SandboxSpec spec, Placement placement) {
    long start = System.nanoTime();
    boolean mayReuse = reuse && !specOptions.labels().isEmpty();
    Sandbox sandbox =
        console
            .interruption()
            .making(() ->
                mayReuse
                    ? console.sandboxes().getOrCreate(spec, placement)
                    : console.sandboxes().create(spec, placement));
    console.explain(
        "sandbox %s at %s ready in %s"
            .formatted(sandbox.id(), sandbox.provider(), Elapsed.since(start)));
    return sandbox;
  }

  private int runCode(Sandbox sandbox, Code code, Duration limit) {
    try (PrivateDirectory directory = PrivateDirectory.make(console, sandbox)) {
      List<String> argv = code.install(sandbox, directory.path(), deps);
      return execute(sandbox, Command.builder(argv), limit);
    }
  }

  private int execute(Sandbox sandbox, Command.Builder builder, Duration limit) {
    withSettings(builder, limit);
    // Code that came from standard input has used it up.
    boolean stdinIsFree = file.isPresent() || command.isPresent();
    if (stdinIsFree && !console.terminals().in()) {
      builder.openStdin();
    }
    return new Execution(console, sandbox).run(builder.build(), json);
  }

  private Command.Builder withSettings(Command.Builder builder, Duration limit) {
    return commandOptions.applyTo(builder).timeout(limit);
  }
}
