package dev.dunes.bench;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;

/** The local provider, through the public API. */
final class DunesEngine implements Engine {
  static final String NAME = "dunes";
  static final SandboxSpec SPEC = SandboxSpec.builder().lifetime(Duration.ofMinutes(30)).build();
  private static final Command TRUE = Command.of("/bin/true");

  private final SandboxProvider provider;

  DunesEngine(SandboxProvider provider) {
    this.provider = provider;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "the local provider through the Java API, default specification";
  }

  @Override
  public Remains runTrue() throws IOException {
    Stop.check();
    Sandbox sandbox = provider.create(SPEC);
    check(sandbox.exec(TRUE));
    return sandbox::destroy;
  }

  @Override
  public Live open() throws IOException {
    Stop.check();
    return new LiveSandbox(provider.create(SPEC));
  }

  /** Runs {@code /bin/true} in a sandbox, whoever made it. */
  static void execTrue(Sandbox sandbox) throws IOException {
    check(sandbox.exec(TRUE));
  }

  private static void check(ExecResult result) throws IOException {
    if (!result.success()) {
      throw new IOException("/bin/true in a sandbox: " + result);
    }
  }

  private record LiveSandbox(Sandbox sandbox) implements Live {
    @Override
    public void exec() throws IOException {
      execTrue(sandbox);
    }

    @Override
    public Collection<Long> processes(ProcessTable table) {
      return table.trees(table.withArgument(sandbox.id()));
    }

    @Override
    public void remove() {
      sandbox.destroy();
    }
  }
}
