package dev.dunes.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Plain bubblewrap doing what the local provider does: directories of its own, a user id of its
 * own, the same namespaces, mounts and filter and, if wanted, cgroups with the same limits, joined
 * by the shell that starts it.
 */
final class BubblewrapEngine implements Engine {
  static final String NAME = "bwrap";

  /** Beyond those the provider hands out. */
  private static final int FIRST_UID = 2_000_100_000;

  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final long BUSY_NANOS = 200_000;
  private static final long REMOVE_LIMIT_NANOS = 5_000_000_000L;

  /**
   * Joins the cgroups named before {@code --}, then becomes the rest with the filter as descriptor
   * 9.
   */
  private static final String JOIN =
      "while [ \"$1\" != -- ]; do echo 0 > \"$1/cgroup.procs\" || exit 99; shift; done; shift; ulimit -c 0; exec \"$@\" 9<";

  private final ProviderShape shape;
  private final Path home;
  private final boolean limits;
  private final boolean root;

  /**
   * @param home where it makes its directories; must not be below the provider's state
   */
  BubblewrapEngine(ProviderShape shape, Path home, boolean limits) throws IOException {
    this.shape = shape;
    this.home = home;
    this.limits = limits;
    this.root = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
  }

  @Override
  public String name() {
    return limits ? NAME : NAME + ", no limits";
  }

  @Override
  public String description() {
    String same =
        "a shell that becomes `setpriv` (own user id) and `bwrap` with the arguments and the filter the provider uses";
    return limits ? same + ", in cgroups with the same limits" : "the same without cgroups";
  }

  @Override
  public Remains runTrue() throws IOException, InterruptedException {
    Cell cell = new Cell();
    List<String> command = cell.command("/bin/true");
    Programs.finish(Programs.start(command), List.of(NAME));
    return cell;
  }

  @Override
  public Live open() throws IOException, InterruptedException {
    LiveCell live = start("/bin/sh", "-c", "echo; read line");
    live.awaitLine();
    return live;
  }

  /** Starts a program in a place of its own; it ends when its standard input does. */
  LiveCell start(String... program) throws IOException {
    Cell cell = new Cell();
    return new LiveCell(cell, Programs.builder(cell.command(program)).start());
  }

  /** Whether another program can be put into a place that is there. */
  boolean enters() {
    return root && Programs.find("nsenter").isPresent();
  }

  static String cgroupPrefix() {
    return "bench-" + ProcessHandle.current().pid() + "-";
  }

  /** Directories and cgroups of one place. */
  private final class Cell implements Remains {
    private final Path directory;
    private final int uid;
    private final List<Path> cgroups = new ArrayList<>();

    Cell() throws IOException {
      Stop.check();
      int number = NUMBER.incrementAndGet();
      this.uid = FIRST_UID + number;
      this.directory = Trees.directory(home.resolve("cell" + number), "rwx--x--x");
      if (limits) {
        for (Map.Entry<Path, Map<String, String>> each : shape.cgroups().entrySet()) {
          Path cgroup =
              Files.createDirectory(each.getKey().resolveSibling(cgroupPrefix() + number));
          cgroups.add(cgroup);
          for (Map.Entry<String, String> limit : each.getValue().entrySet()) {
            Files.writeString(cgroup.resolve(limit.getKey()), limit.getValue());
          }
        }
      }
    }

    List<String> command(String... program) throws IOException {
      List<String> command =
          new ArrayList<>(List.of("/bin/dash", "-c", JOIN + shape.seccomp(), "sh"));
      cgroups.forEach(cgroup -> command.add(cgroup.toString()));
      command.add("--");
      if (root) {
        String id = Integer.toString(uid);
        command.addAll(List.of("/usr/bin/setpriv", "--reuid", id, "--regid", id, "--clear-groups"));
        command.addAll(List.of("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"));
      }
      String theirs = shape.directory().toString();
      for (String argument : shape.bubblewrap()) {
        if (argument.startsWith(theirs)) {
          Path own = Path.of(directory + argument.substring(theirs.length()));
          Files.createDirectories(own);
          if (root) {
            Trees.own(own, uid);
          }
          command.add(own.toString());
        } else {
          command.add(argument);
        }
      }
      command.addAll(List.of("--seccomp", "9", "--"));
      command.addAll(List.of(program));
      return command;
    }

    @Override
    public void remove() throws IOException {
      long deadline = System.nanoTime() + REMOVE_LIMIT_NANOS;
      for (Path cgroup : cgroups) {
        removeCgroup(cgroup, deadline);
      }
      Trees.delete(directory);
    }
  }

  private static void removeCgroup(Path cgroup, long deadline) throws IOException {
    while (true) {
      try {
        Files.delete(cgroup);
        return;
      } catch (NoSuchFileException e) {
        return;
      } catch (IOException e) { // busy until its last process has been reaped
        if (System.nanoTime() - deadline > 0) {
          throw e;
        }
        LockSupport.parkNanos(BUSY_NANOS);
      }
    }
  }

  /** A place with a program in it. */
  static final class LiveCell implements Live {
    private final Remains cell;
    private final Process process;

    private LiveCell(Remains cell, Process process) {
      this.cell = cell;
      this.process = process;
    }

    private void awaitLine() throws IOException, InterruptedException {
      InputStream output = process.getInputStream();
      if (output.read() != '\n') {
        String rest = new String(output.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        remove();
        throw new IOException("plain bubblewrap did not start: " + rest);
      }
    }

    Process process() {
      return process;
    }

    @Override
    public void exec() throws IOException, InterruptedException {
      String pid = Long.toString(inner());
      Programs.run(
          List.of("/usr/bin/nsenter", "-t", pid, "-a", "-S", "1000", "-G", "1000", "/bin/true"));
    }

    /** Process 1 of the place, as the host sees it. */
    private long inner() throws IOException {
      // not ProcessHandle.children(), which looks at every process there is
      String children = "/proc/%1$d/task/%1$d/children".formatted(process.pid());
      return Long.parseLong(Files.readString(Path.of(children)).strip());
    }

    @Override
    public Collection<Long> processes(ProcessTable table) {
      return table.trees(List.of(process.pid()));
    }

    private void killInner() {
      try {
        ProcessHandle.of(inner())
            .ifPresent(ProcessHandle::destroyForcibly); // everything in the place goes with it
      } catch (IOException | NumberFormatException e) {
        process.destroyForcibly(); // it has no process 1 yet, or none any more
      }
    }

    @Override
    public void remove() throws IOException, InterruptedException {
      if (process.isAlive()) {
        killInner();
      }
      process.getOutputStream().close();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        throw new IOException("plain bubblewrap does not end");
      }
      process.getInputStream().close();
      cell.remove();
    }
  }
}
