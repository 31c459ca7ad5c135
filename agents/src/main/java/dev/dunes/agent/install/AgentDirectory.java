package dev.dunes.agent.install;

import dev.dunes.agent.AgentSettings;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where agents are kept: {@code <root>/<agent>/<version>/}, complete or not there at all. Everybody
 * may read it, since sandboxes run as other users. What is being made lies beside it in {@code
 * .new-<version>-*} and belongs to whoever holds the lock of that version.
 */
public final class AgentDirectory {
  private static final String MARKER = ".dunes-installed.json";
  private static final Set<PosixFilePermission> EVERYBODY =
      PosixFilePermissions.fromString("rwxr-xr-x");

  private final Path agent;
  private final Pin pin;

  private AgentDirectory(Path agent, Pin pin) {
    this.agent = agent;
    this.pin = pin;
  }

  static AgentDirectory of(AgentSettings settings, Pin pin) {
    return new AgentDirectory(root(settings).resolve(pin.agent()), pin);
  }

  /** Where those of all agents are. */
  public static Path root(AgentSettings settings) {
    return settings
        .variable("DUNES_AGENTS")
        .map(Path::of)
        .map(Path::toAbsolutePath)
        .orElseGet(() -> usual(settings));
  }

  private static Path usual(AgentSettings settings) {
    return isRoot()
        ? Path.of("/var/lib/dunes/agents")
        : settings.home().resolve(".local/share/dunes/agents");
  }

  private static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    } catch (IOException e) {
      throw InstallFailure.of("cannot tell who runs this: " + e.getMessage(), "mount /proc", e);
    }
  }

  Path installed() {
    return agent.resolve(pin.version());
  }

  Path lock() {
    return agent.resolve(".lock-" + pin.version());
  }

  /** Whether this package is there, whole. */
  boolean holds(PinnedPackage wanted) {
    return marker().filter(text -> text.equals(wanted.integrity().toString())).isPresent()
        && Files.isExecutable(installed().resolve(pin.program()));
  }

  private Optional<String> marker() {
    try {
      JsonNode json = JsonMapper.shared().readTree(Files.readString(installed().resolve(MARKER)));
      return Optional.ofNullable(json.get("integrity")).map(JsonNode::asString);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | JacksonException e) {
      throw InstallFailure.of(
          "cannot read %s: %s".formatted(installed().resolve(MARKER), e.getMessage()),
          "remove the directory " + installed(),
          e);
    }
  }

  /** Makes the agent's own directory with those above it, readable for everybody. */
  void make() throws IOException {
    makeReadable(agent);
  }

  static void makeReadable(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    if (directory.getParent() != null) {
      makeReadable(directory.getParent());
    }
    try {
      Files.createDirectory(directory);
      Files.setPosixFilePermissions(directory, EVERYBODY);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
  }

  /** A new place to work in; only with the lock. */
  Path scratch() throws IOException {
    return Files.createTempDirectory(agent, prefix());
  }

  /** Removes what installers of this version left that were killed; only with the lock. */
  void sweep() throws IOException {
    try (Stream<Path> all = Files.list(agent)) {
      for (Path each : all.filter(path -> name(path).startsWith(prefix())).toList()) {
        removeTree(each);
      }
    }
  }

  /** Puts a complete tree in its place, marked; only with the lock. */
  void commit(Path tree, PinnedPackage wanted, Path scratch) throws IOException {
    ObjectNode marker = JsonMapper.shared().createObjectNode();
    marker.put("name", wanted.name());
    marker.put("version", wanted.version());
    marker.put("integrity", wanted.integrity().toString());
    marker.put("licence", pin.licence());
    Path file = tree.resolve(MARKER);
    Files.writeString(file, marker.toPrettyString() + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setPosixFilePermissions(tree, EVERYBODY);
    if (Files.exists(installed())) {
      Files.move(installed(), scratch.resolve("old"));
    }
    Files.move(tree, installed());
  }

  private String prefix() {
    return ".new-" + pin.version() + "-";
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }

  static void removeTree(Path directory) throws IOException {
    List<Path> paths;
    try (Stream<Path> all = Files.walk(directory)) {
      paths = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }
}
