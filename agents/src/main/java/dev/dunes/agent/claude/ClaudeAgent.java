package dev.dunes.agent.claude;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.ModelDialect;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.AnswerSchema;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.install.Pin;
import dev.dunes.agent.install.Pins;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.WriteOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Claude Code, version {@link Pins}. */
public final class ClaudeAgent implements Agent {
  private static final String ID = "claude";
  private static final String MOUNTS = "/opt/dunes/agents/";
  private static final int PRIVATE = 0600;

  /** What this adapter delivers. */
  private static final AgentTraits TRAITS =
      new AgentTraits(
          new AgentCapabilities(
              true, true, true, true, true, true, false, false, true, true, true, false, true, true,
              true, true, false, false),
          List.of(
              new AgentMode("build", "Build", "Default build mode"),
              new AgentMode("plan", "Plan", "Plan mode (prompt-only)")),
          false,
          List.of("default", "bypass"),
          List.of(ModelDialect.ANTHROPIC),
          true,
          false,
          Optional.empty());

  private final AgentInstaller installer;
  private final Pin pin;

  public ClaudeAgent(AgentInstaller installer) {
    this(installer, Pins.of(ID));
  }

  /** With another program, for tests. */
  ClaudeAgent(AgentInstaller installer, Pin pin) {
    this.installer = requireNonNull(installer, "installer");
    this.pin = requireNonNull(pin, "pin");
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public AgentTraits traits() {
    return TRAITS;
  }

  @Override
  public AgentPlacement prepare(InstallProgress progress) {
    Path directory = installer.install(pin, progress);
    return new AgentPlacement(new HostMount(directory, target()), pin.version());
  }

  @Override
  public Optional<AgentPlacement> installed() {
    return installer
        .installed(pin)
        .map(directory -> new AgentPlacement(new HostMount(directory, target()), pin.version()));
  }

  private String target() {
    return MOUNTS + ID + "/" + pin.version();
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    ToolPolicy tools = ToolPolicy.of(options.allowedTools());
    Optional<AnswerSchema> schema = options.outputSchema().map(AnswerSchema::of);
    ClaudeLaunch launch = new ClaudeLaunch(options, tools);
    Optional<ObjectNode> initialize = launch.initialize();
    String home = home(sandbox, options);
    String program = program(sandbox, home);
    write(sandbox, home + "/.claude/settings.json", launch.settings());
    Optional<String> mcp = launch.mcpConfig();
    String mcpFile = home + "/.claude/dunes-mcp.json";
    mcp.ifPresent(text -> write(sandbox, mcpFile, text));
    Command command = launch.command(program, mcp.map(text -> mcpFile));
    AgentProcess process = new AgentProcess(sandbox.start(command));
    try {
      return new ClaudeSession(process, tools, schema, initialize);
    } catch (RuntimeException | Error e) {
      process.close();
      throw e;
    }
  }

  /** Where the program is: shown by a mount, on this very host, or else copied. */
  private String program(Sandbox sandbox, String home) {
    Optional<String> mounted =
        sandbox.spec().mounts().stream()
            .map(HostMount::target)
            .filter(target -> target.equals(target()))
            .findFirst();
    if (mounted.isPresent()) {
      return mounted.get() + "/" + pin.program();
    }
    Path directory = installer.install(pin, InstallProgress.SILENT);
    if (sandbox.provider().equals("host")) {
      return directory.resolve(pin.program()).toString();
    }
    String copy = home + "/.local/share/dunes/agents/" + ID + "/" + pin.version() + "/" + ID;
    if (!sandbox.files().exists(copy)) {
      sandbox.files().upload(directory.resolve(pin.program()), copy);
    }
    return copy;
  }

  private static void write(Sandbox sandbox, String path, String text) {
    try (OutputStream out = sandbox.files().write(path, WriteOptions.ATOMIC.withMode(PRIVATE))) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The home of who the agent will run as. */
  private static String home(Sandbox sandbox, AgentOptions options) {
    return Optional.ofNullable(options.env().get("HOME"))
        .or(options::home)
        .orElseGet(() -> {
          String said = sandbox.exec(Command.of("/bin/sh", "-c", "printf %s \"$HOME\"")).stdout();
          return said.startsWith("/") ? said : "/home/user";
        });
  }
}
