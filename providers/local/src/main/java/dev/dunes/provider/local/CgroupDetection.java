package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds out by trying where cgroups can be made. */
final class CgroupDetection {
  /** The one directory under which all sandboxes' cgroups are. */
  private static final String BASE = "dunes";

  /** Where this process goes when its cgroup is made free for others. */
  private static final String LEADER = "dunes-leader";

  private static final String CHILDREN = "cgroup.subtree_control";
  private static final Set<String> USED_V1 = Set.of("memory", "cpu", "pids", "freezer", "cpuacct");

  private final List<String> mounts;
  private final List<String> membership;
  private final long self;

  /**
   * @param mounts the lines of /proc/self/mounts
   * @param membership the lines of /proc/self/cgroup
   * @param self this process
   */
  CgroupDetection(List<String> mounts, List<String> membership, long self) {
    this.mounts = mounts;
    this.membership = membership;
    this.self = self;
  }

  static Cgroups onThisHost() {
    try {
      return new CgroupDetection(
              Files.readAllLines(Path.of("/proc/self/mounts")),
              Files.readAllLines(Path.of("/proc/self/cgroup")),
              ProcessHandle.current().pid())
          .detect();
    } catch (IOException e) {
      return Cgroups.NONE;
    }
  }

  Cgroups detect() {
    Map<String, Path> v1 = new HashMap<>();
    Optional<Path> v2 = Optional.empty();
    Set<String> v2Controllers = new HashSet<>();
    for (String line : mounts) {
      String[] fields = line.split(" ");
      if (fields.length < 4) {
        continue;
      }
      Path mount = Path.of(fields[1].replace("\\040", " "));
      if (fields[2].equals("cgroup")) {
        for (String option : fields[3].split(",")) {
          if (USED_V1.contains(option)) {
            base(mount).ifPresent(base -> v1.put(option, base));
          }
        }
      } else if (fields[2].equals("cgroup2") && v2.isEmpty()) {
        v2 = unified(mount, v2Controllers);
      }
    }
    return new Cgroups(v1, v2, v2Controllers);
  }

  private static Optional<Path> base(Path parent) {
    if (!Files.isWritable(parent)) {
      return Optional.empty();
    }
    try {
      return Optional.of(CgroupFiles.make(parent.resolve(BASE)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Version 2 gives controllers only to children of a cgroup that has no processes of its own, so
   * the directory may have to be looked for among the ancestors of the one this process is in (a
   * delegated scope or user slice).
   */
  private Optional<Path> unified(Path mount, Set<String> controllers) {
    Optional<Path> fallback = Optional.empty();
    for (Path parent : candidates(mount)) {
      if (!Files.isWritable(parent) || !Files.isWritable(parent.resolve("cgroup.procs"))) {
        continue;
      }
      Set<String> offered = offered(parent);
      if (offered.isEmpty() && fallback.isPresent()) {
        continue;
      }
      Optional<Path> base = base(parent);
      if (base.isPresent()) {
        offered.retainAll(enable(base.get()));
        if (!offered.isEmpty()) {
          controllers.addAll(offered);
          fallback.ifPresent(CgroupDetection::discard);
          return base;
        }
        if (fallback.isEmpty()) {
          fallback = base;
        }
      }
    }
    return fallback;
  }

  /**
   * What a cgroup gives to its children. One that only this process is in, a scope of its own, is
   * made free for them.
   */
  private Set<String> offered(Path parent) {
    Set<String> offered = enable(parent);
    if (offered.isEmpty() && isAlone(parent)) {
      try {
        CgroupFiles.write(
            CgroupFiles.make(parent.resolve(LEADER)), "cgroup.procs", Long.toString(self));
        return enable(parent);
      } catch (IOException e) {
        return offered;
      }
    }
    return offered;
  }

  private boolean isAlone(Path parent) {
    try {
      return CgroupFiles.read(parent, "cgroup.procs").equals(Long.toString(self));
    } catch (IOException e) {
      return false;
    }
  }

  private static void discard(Path unused) {
    try {
      Files.deleteIfExists(unused);
    } catch (IOException e) {
      // another process of the user has sandboxes in it
      org.slf4j.LoggerFactory.getLogger(CgroupDetection.class)
          .debug("{}: {}", unused, e.getMessage());
    }
  }

  private List<Path> candidates(Path mount) {
    List<Path> candidates = new ArrayList<>();
    candidates.add(mount);
    for (String line : membership) {
      if (line.startsWith("0::/")) {
        Path own = mount.resolve(line.substring(4)).normalize();
        for (Path path = own;
            path != null && path.startsWith(mount) && !path.equals(mount);
            path = path.getParent()) {
          candidates.add(path);
        }
      }
    }
    return candidates;
  }

  /** Hands the controllers for limits to the children; returns those they have. */
  private static Set<String> enable(Path directory) {
    Set<String> enabled = new HashSet<>();
    try {
      Set<String> available = words(CgroupFiles.read(directory, "cgroup.controllers"));
      for (String controller : Cgroups.LIMITS) {
        if (available.contains(controller)
            && !words(CgroupFiles.read(directory, CHILDREN)).contains(controller)) {
          enable(directory, controller);
        }
      }
      enabled.addAll(words(CgroupFiles.read(directory, CHILDREN)));
      enabled.retainAll(Cgroups.LIMITS);
    } catch (IOException e) {
      enabled.clear();
    }
    return enabled;
  }

  private static void enable(Path directory, String controller) {
    try {
      CgroupFiles.write(directory, CHILDREN, "+" + controller);
    } catch (IOException e) {
      // refused where processes live; what is enabled is read back afterwards
      org.slf4j.LoggerFactory.getLogger(CgroupDetection.class)
          .debug("{}: {}", directory, e.getMessage());
    }
  }

  private static Set<String> words(String line) {
    Set<String> words = new HashSet<>(List.of(line.split("\\s+")));
    words.remove("");
    return words;
  }
}
