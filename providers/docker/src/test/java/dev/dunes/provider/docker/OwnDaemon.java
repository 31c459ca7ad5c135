package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.guest.ProcessIdentity;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/**
 * A dockerd of a test's own, in a network of its own, which the test may end, kill and start again.
 */
final class OwnDaemon implements AutoCloseable {
  /** For {@code EnabledIf}. */
  static final String USABLE = "dev.dunes.provider.docker.OwnDaemon#usable";

  static final String REASON = "no dockerd to start, not root, or " + TestDaemon.REASON;

  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** Short, for the sockets in it. */
  private final Path place;

  private final List<String> options;
  private Optional<Process> process = Optional.empty();

  private OwnDaemon(Path place, List<String> options) {
    this.place = place;
    this.options = options;
  }

  static boolean usable() {
    return TestDaemon.usable()
        && ("require".equals(System.getenv("DUNES_TEST_DOCKER"))
            || isInstalled() && "root".equals(System.getProperty("user.name")));
  }

  private static boolean isInstalled() {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(each -> Files.isExecutable(Path.of(each, "dockerd")));
  }

  /** Starts one that has the tiny image, and whose containers have no network. */
  static OwnDaemon begin(String... options) throws IOException, InterruptedException {
    OwnDaemon daemon = new OwnDaemon(Files.createTempDirectory("dr"), List.of(options));
    boolean ready = false;
    try {
      Files.writeString(daemon.place.resolve("daemon.json"), "{}");
      daemon.start();
      daemon.load(TestDaemon.TINY_IMAGE);
      ready = true;
      return daemon;
    } finally {
      if (!ready) {
        daemon.close();
      }
    }
  }

  private void load(String image) throws IOException, InterruptedException {
    List<Process> pipe =
        ProcessBuilder.startPipeline(
            List.of(
                new ProcessBuilder(
                        "docker", "-H", TestDaemon.engine().address().toString(), "save", image)
                    .redirectError(ProcessBuilder.Redirect.INHERIT),
                new ProcessBuilder("docker", "-H", "unix://" + socket(), "load", "-q")
                    .redirectErrorStream(true)
                    .redirectOutput(place.resolve("load.log").toFile())));
    for (Process each : pipe) {
      assertThat(each.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(each.exitValue()).as("%s", each.info()).isZero();
    }
  }

  Path socket() {
    return place.resolve("d.sock");
  }

  Engine engine() {
    return new Engine(new DaemonAddress.Unix(socket()));
  }

  /** Settings of a provider that uses it. */
  ProviderSettings settings(Path state, String... more) {
    List<String> all = new ArrayList<>(List.of(more));
    if (!all.contains("docker_host")) {
      all.addAll(List.of("docker_host", "unix://" + socket()));
    }
    all.addAll(List.of("docker_image", TestDaemon.TINY_IMAGE));
    return TestDaemon.settings(state, all.toArray(String[]::new));
  }

  /** Returns once it answers. */
  void start() throws IOException, InterruptedException {
    Files.deleteIfExists(place.resolve("d.pid")); // of one that was killed
    // A network of its own: a daemon without a bridge takes docker0 away from the one of the
    // machine.
    List<String> line = new ArrayList<>(List.of("unshare", "--net", "dockerd"));
    line.addAll(List.of("--data-root", place + "/data", "--exec-root", place + "/exec"));
    line.addAll(List.of("-H", "unix://" + socket(), "-p", place + "/d.pid"));
    line.addAll(List.of("--config-file", place + "/daemon.json", "--bridge=none"));
    line.addAll(List.of("--iptables=false", "--ip-forward=false"));
    line.addAll(options);
    Process started =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(place.resolve("log").toFile()))
            .start();
    process = Optional.of(started);
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!answers()) {
      assertThat(started.isAlive() && System.nanoTime() - end < 0)
          .as(() -> "dockerd starts: " + log())
          .isTrue();
      TimeUnit.MILLISECONDS.sleep(20); // it tells nobody that it listens
    }
  }

  private String log() {
    try {
      String all = Files.readString(place.resolve("log"));
      return all.substring(Math.max(0, all.length() - 2000));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private boolean answers() {
    try {
      return engine().get("/version").ok();
    } catch (SandboxException e) {
      return false;
    }
  }

  /** Lets it end as a service manager does. */
  void stop() throws InterruptedException {
    Process running = process.orElseThrow();
    running.destroy();
    assertThat(running.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).as("it ends").isTrue();
  }

  /** SIGKILL, which containerd gets, too: it is the kernel's word to dockerd's children. */
  void kill() throws IOException, InterruptedException {
    Path pidfile = place.resolve("exec/containerd/containerd.pid");
    Optional<ProcessIdentity> containerd =
        ProcessIdentity.of(Long.parseLong(Files.readString(pidfile).strip()));
    Process running = process.orElseThrow();
    running.destroyForcibly();
    assertThat(running.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).as("it ends").isTrue();
    assertThat(containerd.orElseThrow().awaitEnd(LIMIT)).as("containerd ends").isTrue();
    Files.delete(pidfile); // nobody may have waited for it yet, and dockerd takes it for alive then
  }

  /** What it says of a sandbox's container. */
  JsonNode container(String sandbox) {
    return engine().get("/containers/" + Containers.name(sandbox) + "/json").json();
  }

  /** The first process of a sandbox that runs. */
  ProcessIdentity firstProcess(String sandbox) {
    return ProcessIdentity.of(container(sandbox).path("State").path("Pid").asLong(0)).orElseThrow();
  }

  /** Containers in any state, and images but the one it was given. */
  List<String> left() {
    List<String> left = new ArrayList<>();
    engine()
        .get("/containers/json?all=true")
        .json()
        .forEach(each -> left.add("container " + each.path("Names") + each.path("Status")));
    for (JsonNode each : engine().get("/images/json?all=true").json()) {
      if (!each.path("RepoTags").toString().contains(TestDaemon.TINY_IMAGE)) {
        left.add("image " + each.path("RepoTags"));
      }
    }
    engine()
        .get("/volumes")
        .json()
        .path("Volumes")
        .forEach(each -> left.add("volume " + each.path("Name")));
    return left;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    if (process.filter(Process::isAlive).isPresent()) {
      process.get().destroy();
      if (!process.get().waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        kill();
      }
    }
    for (ProcessIdentity each : processes()) { // containerd and its shims outlive a killed dockerd
      each.kill();
      each.awaitEnd(LIMIT);
    }
    List<String> mounts = new ArrayList<>();
    for (String mount : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
      String point = mount.split(" ")[4];
      if (point.startsWith(place + "/")) {
        mounts.add(point);
      }
    }
    Collections.reverse(mounts);
    for (String mount : mounts) {
      run("umount", "-l", mount);
    }
    run("rm", "-rf", place.toString());
  }

  /** Whatever names its directory. */
  private List<ProcessIdentity> processes() throws IOException {
    List<ProcessIdentity> found = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path each : all) {
        if (commandLine(each).contains(place + "/")) {
          ProcessIdentity.of(Long.parseLong(each.getFileName().toString())).ifPresent(found::add);
        }
      }
    }
    return found;
  }

  private static String commandLine(Path process) {
    try {
      return Files.readString(process.resolve("cmdline"), ISO_8859_1);
    } catch (IOException e) {
      return ""; // it has ended
    }
  }

  private static void run(String... line) throws IOException, InterruptedException {
    Process running = new ProcessBuilder(line).inheritIO().start();
    assertThat(running.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(running.exitValue()).as("%s", List.of(line)).isZero();
  }
}
