package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where this process may make cgroups, one directory a controller. Version 1 has a hierarchy for
 * each controller, version 2 one for all; a hybrid host has both, and its version 2 hierarchy
 * serves to freeze and to count processor time even without controllers.
 *
 * @param v1 base directories of version 1 controllers ({@code memory}, {@code cpu}, {@code pids},
 *     {@code freezer}, {@code cpuacct})
 * @param v2 base directory in the version 2 hierarchy
 * @param v2Controllers the controllers it hands to its children
 */
record Cgroups(Map<String, Path> v1, Optional<Path> v2, Set<String> v2Controllers) {
  static final String MEMORY = "memory";
  static final String CPU = "cpu";
  static final String PIDS = "pids";

  /** The controllers limits need. */
  static final Set<String> LIMITS = Set.of(MEMORY, CPU, PIDS);

  /** None at all. */
  static final Cgroups NONE = new Cgroups(Map.of(), Optional.empty(), Set.of());

  Cgroups {
    v1 = Map.copyOf(v1);
    v2Controllers = Set.copyOf(v2Controllers);
  }

  /** The limits that can be kept on this host. */
  Set<String> enforceable() {
    Set<String> names = new TreeSet<>(v2Controllers);
    names.addAll(v1.keySet());
    names.retainAll(LIMITS);
    return names;
  }

  /** Whether a sandbox can be stopped from outside. */
  boolean canFreeze() {
    return v2.isPresent() || v1.containsKey("freezer");
  }

  /** How a sandbox is stopped; for people. */
  String freezeMethod() {
    return v2.isPresent()
        ? "cgroup v2 freeze"
        : v1.containsKey("freezer") ? "cgroup v1 freezer" : "stop signals by the guest";
  }

  /** Which hierarchies are used; for people. */
  String version() {
    return v1.isEmpty()
        ? v2.isPresent() ? "v2" : "none"
        : v2.isPresent() ? "v1 with unified" : "v1";
  }

  /** One line for people. */
  String describe() {
    if (v1.isEmpty() && v2.isEmpty()) {
      return "no writable cgroup";
    }
    return "cgroup %s, limits: %s"
        .formatted(version(), enforceable().isEmpty() ? "none" : String.join(", ", enforceable()));
  }

  /** The cgroups a sandbox has now, whoever made them. */
  SandboxCgroups of(String tag, String id) {
    String name = name(tag, id);
    Map<String, Path> directories = new LinkedHashMap<>();
    v2.map(base -> base.resolve(name))
        .filter(Files::isDirectory)
        .ifPresent(path -> directories.put(SandboxCgroups.UNIFIED, path));
    v1.forEach((controller, base) -> {
      if (Files.isDirectory(base.resolve(name))) {
        directories.put(controller, base.resolve(name));
      }
    });
    return new SandboxCgroups(directories);
  }

  /** The ids of all sandboxes of one state directory that have cgroups. */
  Set<String> ids(String tag) throws IOException {
    Set<String> ids = new TreeSet<>();
    Set<Path> bases = new HashSet<>(v1.values());
    v2.ifPresent(bases::add);
    for (Path base : bases) {
      try (DirectoryStream<Path> children = Files.newDirectoryStream(base, name(tag, "*"))) {
        children.forEach(
            child -> ids.add(child.getFileName().toString().substring(tag.length() + 1)));
      }
    }
    return ids;
  }

  private static String name(String tag, String id) {
    return tag + "-" + id;
  }

  /**
   * The cgroups a sandbox will have; nothing is made yet.
   *
   * @param tag tells the state directories on one machine apart
   */
  SandboxCgroups plan(String tag, String id, Limits limits) {
    String name = name(tag, id);
    Map<String, Path> directories = new LinkedHashMap<>();
    v2.ifPresent(base -> directories.put(SandboxCgroups.UNIFIED, base.resolve(name)));
    v1.forEach((controller, base) -> {
      if (!v2Controllers.contains(controller) && limits.needs(controller, v2.isPresent())) {
        directories.put(controller, base.resolve(name));
      }
    });
    return new SandboxCgroups(directories);
  }

  /** Makes what was planned and sets its limits. Nothing is left when it throws. */
  SandboxCgroups make(SandboxCgroups planned, Limits limits) {
    try {
      for (Path directory : planned.all()) {
        CgroupFiles.make(directory);
      }
      planned.apply(limits, v2Controllers);
      return planned;
    } catch (IOException e) {
      planned.remove();
      throw new ProviderException(
          "cannot make the sandbox's cgroups: " + e.getMessage(),
          ErrorDetails.cause(e).withRemedy("`ds doctor` shows what this host allows"));
    }
  }
}
