package dev.dunes.server;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.PortAccess;
import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxMetrics;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.WriteOptions;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/** Sandboxes in which nothing is: for a thousand of them at a time. */
final class StillProvider implements SandboxProvider {
  @Override
  public String name() {
    return "still";
  }

  @Override
  public ProviderCapabilities capabilities() {
    return ProviderCapabilities.NONE;
  }

  @Override
  public boolean takesMounts() {
    return true;
  }

  @Override
  public boolean takesRelays() {
    return true;
  }

  @Override
  public Sandbox create(SandboxSpec spec) {
    return new StillSandbox(spec);
  }

  @Override
  public Optional<Sandbox> get(String id) {
    return Optional.empty();
  }

  @Override
  public List<SandboxInfo> list(Map<String, String> labels) {
    return List.of();
  }

  @Override
  public boolean destroy(String id) {
    return false;
  }

  /** Takes what is written and lists nothing. */
  private static Object files(String method) {
    return switch (method) {
      case "write" -> OutputStream.nullOutputStream();
      case "list" -> List.<FileEntry>of();
      default -> throw new UnsupportedOperationException(method);
    };
  }

  private record StillSandbox(String id, SandboxSpec spec) implements Sandbox {
    StillSandbox(SandboxSpec spec) {
      this(UUID.randomUUID().toString(), spec);
    }

    @Override
    public String provider() {
      return "still";
    }

    @Override
    public SandboxInfo info() {
      throw new UnsupportedOperationException("nobody asks");
    }

    @Override
    public SandboxState state() {
      return SandboxState.RUNNING;
    }

    @Override
    public Map<String, String> labels() {
      return spec.labels();
    }

    @Override
    public RunningCommand start(Command command) {
      throw new UnsupportedOperationException("nothing runs here");
    }

    /** The one thing that is asked of it: where its home is. */
    @Override
    public ExecResult exec(Command command) {
      byte[] home = "/home/user".getBytes(StandardCharsets.UTF_8);
      return new ExecResult(
          new CommandExit(0, OptionalInt.empty(), false, false, Duration.ZERO),
          home,
          new byte[0],
          false);
    }

    @Override
    public SandboxFiles files() {
      return (SandboxFiles)
          Proxy.newProxyInstance(
              SandboxFiles.class.getClassLoader(),
              new Class<?>[] {SandboxFiles.class},
              (proxy, method, arguments) ->
                  method.getName().equals("write") && !(arguments[1] instanceof WriteOptions)
                      ? null
                      : StillProvider.files(method.getName()));
    }

    @Override
    public Optional<Instant> deadline() {
      return Optional.empty();
    }

    @Override
    public void renew(Duration lifetime) {}

    @Override
    public SandboxMetrics metrics() {
      throw new UnsupportedOperationException("nobody asks");
    }

    @Override
    public Optional<Pausing> pausing() {
      return Optional.empty();
    }

    @Override
    public Optional<Forking> forking() {
      return Optional.empty();
    }

    @Override
    public Optional<PortAccess> ports() {
      return Optional.empty();
    }

    @Override
    public boolean destroy() {
      return true;
    }

    @Override
    public void close() {}
  }
}
