package dev.dunes.provider.docker;

import dev.dunes.guest.SandboxStore;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.Check;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Opens the provider of containers. */
public final class DockerSandboxProviderFactory implements SandboxProviderFactory {
  static final String NAME = "docker";
  private static final int ORDER = 100;

  /** For {@link java.util.ServiceLoader}. */
  public DockerSandboxProviderFactory() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "Hardened containers of a Docker or Podman daemon, from any image";
  }

  @Override
  public String requirement() {
    return "a Docker or Podman daemon: its socket, DOCKER_HOST or a Docker context";
  }

  @Override
  public String setupHint() {
    return "apt-get install docker.io, set DUNES_DOCKER_IMAGE, then ds doctor";
  }

  @Override
  public int detectionOrder() {
    return ORDER;
  }

  /** Only where an image was chosen: the one it has otherwise must be built first. */
  @Override
  public boolean detected(ProviderSettings settings) {
    return DockerSettings.read(settings, DockerSettings.IMAGE).isPresent();
  }

  @Override
  public Set<String> settings() {
    return DockerSettings.NAMES;
  }

  @Override
  public Availability availability(ProviderSettings settings) {
    DaemonAddress address;
    try {
      address = new DaemonAddresses(settings).find();
    } catch (SandboxException e) {
      return new Availability(
          false, e.getMessage() + e.remedy().map(remedy -> "; " + remedy).orElse(""));
    }
    return switch (address) {
      case DaemonAddress.Unix unix ->
          Files.exists(unix.socket())
              ? new Availability(true, "socket " + unix.socket())
              : new Availability(false, "there is no socket " + unix.socket());
      case DaemonAddress.Tcp tcp -> new Availability(true, "daemon at " + tcp);
    };
  }

  @Override
  public SandboxProvider open(ProviderSettings settings) {
    DaemonAddresses addresses = new DaemonAddresses(settings);
    Daemon daemon =
        new Daemon(
            new Engine(addresses.find()),
            DockerSettings.of(settings),
            new RegistryLogin(addresses.configDirectory()));
    SandboxStore store = SandboxStore.open(settings, NAME);
    return new DockerSandboxProvider(daemon, store, instance(store));
  }

  /** A name for the state directory that stays the same. */
  private static String instance(SandboxStore store) {
    Path file = store.stateRoot().resolve("docker-instance");
    try {
      if (Files.notExists(file)) {
        Path part = Files.createTempFile(store.stateRoot(), ".docker-instance-", ".part");
        try {
          Files.writeString(part, SandboxStore.newId());
          Files.createLink(file, part); // of two at once one is first
        } catch (java.nio.file.FileAlreadyExistsException e) {
          // the other one's name it is
        } finally {
          Files.deleteIfExists(part);
        }
      }
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw DockerErrors.disk("keep state in " + store.stateRoot(), e);
    }
  }

  @Override
  public List<Check> diagnose(ProviderSettings settings) {
    return new Diagnosis(settings).checks();
  }
}
