package dev.dunes.bench;

import dev.dunes.provider.local.LocalSandboxProviderFactory;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;

/**
 * What scenarios work with: a provider with a state directory of its own and the engines of this
 * machine. Leaves nothing when closed.
 */
final class Bench implements AutoCloseable {
  /** Shells read it without quotes. */
  private static final Pattern PLAIN_PATH = Pattern.compile("[A-Za-z0-9/._-]+");

  private final Options options;
  private final Path root;
  private final Path home;
  private final Path state;
  private final SandboxProvider provider;
  private final ProviderShape shape;
  private final BubblewrapEngine bubblewrap;
  private final List<Engine> engines = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  private Bench(Options options, Path root, Path home) throws IOException, InterruptedException {
    this.options = options;
    this.root = root;
    this.home = home;
    this.state = home.resolve("state");
    this.provider =
        new LocalSandboxProviderFactory()
            .open(new ProviderSettings(Map.of("state_dir", state.toString()), System.getenv()));
    try (Sandbox sandbox = provider.create(DunesEngine.SPEC)) {
      this.shape = ProviderShape.of(sandbox, state);
    }
    this.bubblewrap =
        new BubblewrapEngine(shape, Trees.directory(home.resolve("bwrap"), "rwx--x--x"), true);
    engines.add(new DunesEngine(provider));
    engines.add(bubblewrap);
    if (shape.cgroups().isEmpty()) {
      notes.add("no cgroups here: every engine runs without limits");
    } else {
      engines.add(
          new BubblewrapEngine(
              shape, Trees.directory(home.resolve("bwrap-no-limits"), "rwx--x--x"), false));
    }
    CrunEngine.find(home.resolve("crun"), etc(), shape, notes).ifPresent(engines::add);
    DockerEngine.find(home, notes)
        .ifPresent(docker -> {
          engines.add(docker);
          engines.add(DunesDockerEngine.open(docker, home.resolve("docker-state")));
        });
    engines.add(new HostEngine());
  }

  /**
   * Opens everything; nothing is left when it throws.
   *
   * @param root of the source tree
   */
  static Bench open(Options options, Path root) throws IOException, InterruptedException {
    Path home = Trees.directory(Files.createTempDirectory("dunes-bench-"), "rwx--x--x");
    try {
      if (!PLAIN_PATH.matcher(home.toString()).matches()) {
        throw new IOException("set java.io.tmpdir to a path without blanks and the like: " + home);
      }
      return new Bench(options, root, home);
    } catch (IOException | InterruptedException | SandboxException e) {
      Trees.delete(home);
      throw e;
    }
  }

  private Path etc() throws IOException {
    try (DirectoryStream<Path> views = Files.newDirectoryStream(state.resolve("share"), "etc-*")) {
      return views.iterator().next();
    }
  }

  Options options() {
    return options;
  }

  /** How often to do something: its own number, unless the command line says otherwise. */
  int rounds(int full, int quick) {
    return options.quick() ? quick : options.rounds().orElse(full);
  }

  Path root() {
    return root;
  }

  /** For files of scenarios; removed in the end. */
  Path scratch() throws IOException {
    return Trees.directory(home.resolve("scratch"), "rwxr-xr-x");
  }

  Path state() {
    return state;
  }

  SandboxProvider provider() {
    return provider;
  }

  /** Dunes first, then what it is compared with. */
  List<Engine> engines() {
    return List.copyOf(engines);
  }

  BubblewrapEngine bubblewrap() {
    return bubblewrap;
  }

  /** What could not be compared, and why. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /** Adds to what readers must know. */
  void note(String note) {
    notes.add(note);
  }

  /** What of all that was made is still there. */
  List<String> leftovers() throws IOException {
    return Leftovers.find(home, shape);
  }

  @Override
  public void close() throws IOException {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    provider.close();
    for (Engine engine : engines) {
      switch (engine) {
        case CrunEngine crun -> crun.close();
        case DunesDockerEngine docker -> docker.close();
        case DockerEngine _ -> {} // its image is the other one's until that is closed
        default -> {} // holds nothing
      }
    }
    for (Engine engine : engines) {
      if (engine instanceof DockerEngine docker) {
        docker.close();
      }
    }
    Leftovers.remove(home, shape);
    deleteHome();
  }

  /**
   * Once more when something that was being made when the run was broken off has come in between.
   */
  private void deleteHome() throws IOException {
    try {
      Trees.delete(home);
    } catch (IOException e) {
      Leftovers.remove(home, shape);
      Trees.delete(home);
    }
  }
}
