package dev.dunes.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * {@code docker run} where a daemon answers: an empty image, the host's programs bound read-only,
 * hardened as its documentation advises.
 */
final class DockerEngine implements Engine, AutoCloseable {
  static final String NAME = "docker";
  static final int STRIDE = 5;
  private static final List<String> OPTIONS =
      List.of(
          "--network",
          "none",
          "--cap-drop",
          "ALL",
          "--security-opt",
          "no-new-privileges",
          "--user",
          "1000:1000",
          "--tmpfs",
          "/tmp",
          "--memory",
          "1g",
          "--pids-limit",
          "1024",
          "-v",
          "/usr:/usr:ro");

  private final String image = BubblewrapEngine.cgroupPrefix() + "image";

  private DockerEngine() {}

  /** Empty, with the reason in the notes, where no daemon answers. */
  static Optional<DockerEngine> find(Path home, List<String> notes)
      throws IOException, InterruptedException {
    if (Programs.ask("docker", "info", "--format", "{{.ServerVersion}}")
        .filter(v -> !v.isBlank())
        .isEmpty()) {
      notes.add("docker: no daemon answers, left out");
      return Optional.empty();
    }
    DockerEngine engine = new DockerEngine();
    try {
      engine.load(home);
      engine.runTrue().remove();
      return Optional.of(engine);
    } catch (IOException e) {
      engine.close();
      notes.add("docker: left out, it does not start a container here: " + e.getMessage());
      return Optional.empty();
    }
  }

  private void load(Path home) throws IOException, InterruptedException {
    Path rootfs = Trees.directory(home.resolve("docker"), "rwxr-xr-x");
    for (String directory :
        List.of("usr", "etc", "proc", "dev", "tmp", "run", "sys", "workspace")) {
      Files.createDirectories(rootfs.resolve(directory));
    }
    for (String link : List.of("bin", "sbin", "lib", "lib64")) {
      if (Files.isSymbolicLink(Path.of("/" + link))) {
        Files.createSymbolicLink(rootfs.resolve(link), Files.readSymbolicLink(Path.of("/" + link)));
      }
    }
    Programs.run(
        List.of("/bin/sh", "-c", "tar -C '" + rootfs + "' -c . | docker import - " + image));
  }

  String image() {
    return image;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "`docker run --rm --network none --cap-drop ALL …`, an image of nothing but the host's `/usr`, limits on memory and processes";
  }

  @Override
  public int stride() {
    return STRIDE;
  }

  @Override
  public Remains runTrue() throws IOException, InterruptedException {
    Programs.run(command(List.of("run", "--rm"), "/bin/true"));
    return () -> {};
  }

  @Override
  public Container open() throws IOException, InterruptedException {
    return new Container(Programs.run(command(List.of("run", "-d", "--rm"), "/bin/sleep", "1800")));
  }

  private List<String> command(List<String> verb, String... program) {
    List<String> command = new ArrayList<>(List.of("docker"));
    command.addAll(verb);
    command.addAll(OPTIONS);
    command.add(image);
    command.addAll(List.of(program));
    return command;
  }

  @Override
  public void close() throws IOException {
    try {
      Programs.ask("docker", "image", "rm", "-f", image);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  record Container(String id) implements Live {
    @Override
    public void exec() throws IOException, InterruptedException {
      Programs.run(List.of("docker", "exec", id, "/bin/true"));
    }

    @Override
    public Collection<Long> processes(ProcessTable table) throws IOException, InterruptedException {
      long pid =
          Long.parseLong(Programs.run(List.of("docker", "inspect", "-f", "{{.State.Pid}}", id)));
      return table.trees(List.of(table.parent(pid))); // its shim belongs to it
    }

    void copyIn(Path local) throws IOException, InterruptedException {
      Programs.run(List.of("docker", "cp", local.toString(), id + ":/workspace/"));
    }

    void copyOut(String name, Path local) throws IOException, InterruptedException {
      Programs.run(List.of("docker", "cp", id + ":/workspace/" + name, local.toString()));
    }

    @Override
    public void remove() throws IOException, InterruptedException {
      Programs.run(List.of("docker", "rm", "-f", id));
    }
  }
}
