package dev.dunes.agent.harness;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.ModelAccess;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.install.Integrity;
import dev.dunes.agent.install.Pin;
import dev.dunes.agent.install.PinnedPackage;
import dev.dunes.agent.install.Pins;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** An agent that plays what a real one said, in a sandbox of provider {@code host}. */
public class FakeAgent implements AutoCloseable {
  private final String place;
  private final Path directory;
  private final Sandboxes sandboxes;
  private final Sandbox sandbox;
  private final Agent agent;

  /** An adapter whose program is another one. */
  public interface Adapter {
    Agent of(AgentInstaller installer, Supplier<Pin> pin);
  }

  /**
   * @param id of the agent it pretends to be
   * @param script the program
   * @param provider of the sandbox
   * @param place of the notes inside the sandbox, empty when it sees ours
   */
  public FakeAgent(String id, Adapter adapter, String script, String provider, String place) {
    this.place = place;
    try {
      directory = Files.createTempDirectory(Path.of("/tmp"), "dunes-");
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
      Map<String, String> settings = Map.of("state_dir", directory.resolve("state").toString());
      sandboxes =
          Sandboxes.builder().settings(new ProviderSettings(settings, System.getenv())).build();
      sandbox = sandboxes.provider(provider).create(SandboxSpec.DEFAULT);
      agent = agent(id, adapter, program(script));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Agent agent(String id, Adapter adapter, byte[] program) throws IOException {
    Pin real = Pins.of(id);
    byte[] tgz = tgz(real.program(), program);
    Path offline = Files.createDirectory(directory.resolve("offline"));
    Files.write(offline.resolve("fake-agent-1.0.0.tgz"), tgz);
    PinnedPackage fake = new PinnedPackage("fake-agent", "1.0.0", Integrity.of(tgz));
    Map<String, PinnedPackage> everywhere = new HashMap<>();
    real.packages().keySet().forEach(platform -> everywhere.put(platform, fake));
    Pin pin = new Pin(id, real.version(), "none", real.program(), "fake agent", everywhere);
    AgentSettings settings =
        new AgentSettings(
            Map.of(
                "DUNES_AGENTS",
                directory.resolve("agents").toString(),
                "DUNES_AGENTS_OFFLINE",
                offline.toString()),
            directory,
            directory);
    return adapter.of(new AgentInstaller(settings), () -> pin);
  }

  private static byte[] program(String resource) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(FakeAgent.class.getResourceAsStream(resource), resource)) {
      return in.readAllBytes();
    }
  }

  private static byte[] tgz(String name, byte[] program) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
      TarArchiveEntry entry = new TarArchiveEntry("package/" + name, true);
      entry.setMode(0755);
      entry.setSize(program.length);
      tar.putArchiveEntry(entry);
      tar.write(program);
      tar.closeArchiveEntry();
    }
    return bytes.toByteArray();
  }

  /** Where this player keeps its notes. */
  private String notes() {
    return place.isEmpty() ? directory.toString() : place;
  }

  /**
   * Plays what was recorded.
   *
   * @param order such as {@code >1 <3 >1}: lines read and written
   */
  public AgentSession play(
      List<String> order,
      List<String> stdout,
      int exit,
      UnaryOperator<AgentOptions.Builder> options) {
    try {
      Files.writeString(
          directory.resolve("order"),
          order.stream()
              .map(step -> step.charAt(0) + " " + step.substring(1) + "\n")
              .collect(Collectors.joining()));
      Files.writeString(
          directory.resolve("stdout"),
          stdout.stream().map(line -> line + "\n").collect(Collectors.joining()));
      Files.writeString(directory.resolve("exit"), exit + "\n");
      Files.deleteIfExists(directory.resolve("read"));
      if (!place.isEmpty()) {
        for (String note : List.of("order", "stdout", "exit")) {
          sandbox.files().upload(directory.resolve(note), place + "/" + note);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return open(options);
  }

  public AgentSession open(UnaryOperator<AgentOptions.Builder> options) {
    ModelAccess access = new ModelAccess("http://127.0.0.1:8082", "run-token", Map.of());
    AgentOptions.Builder builder =
        AgentOptions.builder(access).workingDir(notes()).env("FAKE", notes());
    return agent.open(sandbox, options.apply(builder).build());
  }

  /** The lines the player has read. */
  public List<String> read() {
    return note("read");
  }

  public List<String> note(String name) {
    try {
      return Files.readAllLines(directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Sandbox sandbox() {
    return sandbox;
  }

  @Override
  public void close() {
    try {
      sandbox.destroy();
      sandbox.close();
      sandboxes.close();
      List<Path> all;
      try (Stream<Path> walk = Files.walk(directory)) {
        all = walk.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path path : all) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
