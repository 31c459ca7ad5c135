package dev.dunes.bench;

import dev.dunes.provider.docker.DockerSandboxProviderFactory;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The Docker provider, through the public API, with the image and limits of {@link DockerEngine}.
 */
final class DunesDockerEngine implements Engine, AutoCloseable {
  static final String NAME = "dunes docker";

  private final SandboxProvider provider;
  private final SandboxSpec spec;

  private DunesDockerEngine(SandboxProvider provider, SandboxSpec spec) {
    this.provider = provider;
    this.spec = spec;
  }

  static DunesDockerEngine open(DockerEngine docker, Path state) {
    ProviderSettings settings =
        new ProviderSettings(
            Map.of("state_dir", state.toString(), "docker_pull", "never"), System.getenv());
    SandboxSpec spec =
        SandboxSpec.builder()
            .image(docker.image())
            .mount(new HostMount(Path.of("/usr"), "/usr"))
            .providerConfig("user", "1000:1000")
            .memoryMb(1024)
            .maxProcesses(1024)
            .lifetime(Duration.ofMinutes(30))
            .build();
    return new DunesDockerEngine(new DockerSandboxProviderFactory().open(settings), spec);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "the Docker provider through the Java API, the same image, mount, user and limits as `docker run`";
  }

  @Override
  public int stride() {
    return DockerEngine.STRIDE;
  }

  @Override
  public Remains runTrue() throws IOException {
    Stop.check();
    Sandbox sandbox = provider.create(spec);
    DunesEngine.execTrue(sandbox);
    return sandbox::destroy;
  }

  @Override
  public Live open() throws IOException {
    Stop.check();
    return new LiveContainer(provider.create(spec));
  }

  @Override
  public void close() {
    provider.close();
  }

  private record LiveContainer(Sandbox sandbox) implements Live {
    @Override
    public void exec() throws IOException {
      DunesEngine.execTrue(sandbox);
    }

    @Override
    public Collection<Long> processes(ProcessTable table) throws IOException, InterruptedException {
      String name = sandbox.info().metadata().getOrDefault("container", "");
      long pid =
          Long.parseLong(Programs.run(List.of("docker", "inspect", "-f", "{{.State.Pid}}", name)));
      return table.trees(List.of(table.parent(pid))); // its shim belongs to it
    }

    @Override
    public void remove() {
      sandbox.destroy();
    }
  }
}
