package dev.dunes.provider.local.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sandboxes of the same state directory know nothing of each other. */
class NeighbourTest {
  private final Ground ground = Ground.open(runtime());

  /** What builds the sandboxes. */
  String runtime() {
    return "bwrap";
  }

  @AfterEach
  void close() {
    ground.close();
  }

  private static int owner(Path file) throws IOException {
    return (int) Files.getAttribute(file, "unix:uid");
  }

  @Test
  void oneSandboxCannotReachAnother() throws IOException {
    try (Sandbox one = ground.create();
        Sandbox other = ground.create()) {
      other.files().write("/workspace/" + ground.marker, "mine");
      Map<String, Object> settings = new HashMap<>();
      settings.put("marker", ground.marker);
      settings.put("file", ground.upper(other, "workspace").resolve(ground.marker).toString());
      settings.put("directory", ground.directory(other).toString());
      settings.put("abstract", ground.marker);
      settings.put("socket", "/tmp/" + ground.marker);
      Command listen =
          Command.of(
                  Ground.PYTHON,
                  "-I",
                  "/tmp/probe.py",
                  tools(settings),
                  "listen_abstract",
                  ground.marker)
              .toBuilder()
              .openStdin()
              .build();
      try (RunningCommand listening = other.start(listen)) {
        assertThat(listening.stdout().readNBytes(10)).hasSize(10);
        List<String> attempts =
            List.of("see_process", "find_marker", "connect_abstract", "connect_path");
        Map<String, Answer> neighbour = ground.inside(one, settings, attempts);
        Map<String, Answer> itself = ground.inside(other, settings, attempts);
        for (String attempt : attempts) {
          assertThat(neighbour.get(attempt).refused())
              .as("%s: %s", attempt, neighbour.get(attempt))
              .isTrue();
          assertThat(itself.get(attempt).open())
              .as("control, %s from within: %s", attempt, itself.get(attempt))
              .isTrue();
        }
        Map<String, Answer> files =
            ground.inside(one, settings, List.of("read_file", "list_directory"));
        assertThat(files.values()).allMatch(Answer::refused);
        Map<String, Answer> asHost =
            ground.outside(List.of(), settings, List.of("read_file", "list_directory"));
        assertThat(asHost.values())
            .as("control: the owner of the state can")
            .allMatch(Answer::open);
      }
    }
  }

  private static String tools(Map<String, Object> settings) {
    return new tools.jackson.databind.ObjectMapper().writeValueAsString(settings);
  }

  @Test
  void everySandboxHasItsOwnNamespaces() {
    String list = "for n in user mnt pid net ipc uts cgroup; do readlink /proc/self/ns/$n; done";
    try (Sandbox one = ground.create();
        Sandbox other = ground.create()) {
      List<String> first = one.exec(list).stdout().lines().toList();
      List<String> second = other.exec(list).stdout().lines().toList();
      List<String> host = Ground.run(List.of("sh", "-c", list)).lines().toList();
      assertThat(first)
          .hasSize(7)
          .doesNotContainAnyElementsOf(second)
          .doesNotContainAnyElementsOf(host);
      assertThat(host)
          .as("control: processes that share them say the same")
          .isEqualTo(Ground.run(List.of("sh", "-c", list)).lines().toList());
    }
  }

  /** Even if all namespaces fell, the kernel would know them for different users. */
  @Test
  void sandboxesOfRootAreDifferentUsersOfTheHost() throws IOException {
    Ground.assumeRoot();
    try (Sandbox one = ground.create();
        Sandbox other = ground.create()) {
      int first = owner(ground.upper(one, "workspace"));
      int second = owner(ground.upper(other, "workspace"));
      assertThat(first).isNotEqualTo(second).isGreaterThan(65_536);
      assertThat(second).isGreaterThan(65_536);
      long guest = HostProcesses.guest(ground.directory(other));
      assertThat(HostProcesses.of(second)).contains(guest);
      Map<String, Object> settings = new HashMap<>();
      settings.put("pid", Long.toString(guest));
      settings.put("file", ground.upper(other, "workspace").resolve("note").toString());
      other.files().write("/workspace/note", "mine");
      List<String> attempts = List.of("signal_process", "read_file", "proc_environ");
      Map<String, Answer> without = ground.outside(Ground.as(first), settings, attempts);
      assertThat(without.values()).as("%s", without).allMatch(Answer::refused);
      Map<String, Answer> itself =
          ground.outside(Ground.as(second), settings, List.of("signal_process", "read_file"));
      assertThat(itself.values())
          .as("control: the same user can: %s", itself)
          .allMatch(Answer::open);
    }
  }

  /** A family shares its files, so it shares their owner; everything else stays apart. */
  @Test
  void aForkSharesTheUserAndNothingElse() throws IOException {
    try (Sandbox parent = ground.create()) {
      parent.files().write("/workspace/before", "both");
      try (Sandbox fork = parent.fork();
          Sandbox stranger = ground.create()) {
        parent.files().write("/workspace/after", "mine");
        fork.files().write("/workspace/own", "mine");
        assertThat(fork.files().readText("/workspace/before")).as("control").isEqualTo("both");
        assertThat(fork.files().exists("/workspace/after")).isFalse();
        assertThat(parent.files().exists("/workspace/own")).isFalse();
        if (Ground.root()) {
          int family = owner(ground.upper(parent, "workspace"));
          assertThat(owner(ground.upper(fork, "workspace"))).isEqualTo(family);
          assertThat(owner(ground.upper(stranger, "workspace"))).isNotEqualTo(family);
        }
        try (RunningCommand _ = parent.start(Command.of("sleep", "1001"))) {
          Map<String, Object> settings = Map.of("marker", "1001");
          ground.equip(fork);
          assertThat(
                  ground
                      .inside(fork, settings, List.of("see_process"))
                      .get("see_process")
                      .refused())
              .isTrue();
          assertThat(
                  ground.inside(parent, settings, List.of("see_process")).get("see_process").open())
              .as("control")
              .isTrue();
        }
      }
    }
  }

  /** The ids of sandboxes that are gone are used again, but not by two at a time. */
  @Test
  void manyAtOnceAreAllDifferent() throws IOException {
    Ground.assumeRoot();
    java.util.List<Sandbox> all = new java.util.ArrayList<>();
    java.util.Set<Integer> owners = new java.util.HashSet<>();
    try {
      for (int i = 0; i < 12; i++) {
        Sandbox sandbox = ground.create();
        all.add(sandbox);
        owners.add(owner(ground.upper(sandbox, "workspace")));
      }
      assertThat(owners).hasSize(12);
    } finally {
      all.forEach(Sandbox::close);
    }
  }
}
