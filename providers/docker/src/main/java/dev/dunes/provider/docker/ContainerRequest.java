package dev.dunes.provider.docker;

import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.SandboxSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the daemon is asked to make: sheet query-api 2.12, with the guest as the first process
 * instead of a {@code sleep}. The guest reaps what is orphaned, so no other init is needed.
 */
final class ContainerRequest {
  /** Where the guest and its socket are inside, whatever the image. */
  static final String INSIDE = "/.dunes";

  static final String GUEST = INSIDE + "/guest";
  static final String RUN = INSIDE + "/run";
  static final String SOCKET = RUN + "/guest.sock";

  static final int AWAIT_OWNER_MILLIS = 30_000;

  /** The only rights the container's root has; sheet query-api 2.12. */
  private static final List<String> CAPABILITIES =
      List.of("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID");

  private static final String DEFAULT_DIRECTORY = "/home/user";
  private static final long NANOS = 1_000_000_000L;

  private final SandboxSpec spec;
  private final Plan plan;
  private final ImageConfig image;
  private final List<String> guest = new ArrayList<>(List.of("guest", "--init"));
  private final ObjectNode root = JsonMapper.shared().createObjectNode();
  private final ObjectNode host = root.putObject("HostConfig");
  private final ArrayNode mounts = host.putArray("Mounts");
  private final ObjectNode memoryFiles = host.putObject("Tmpfs");
  private boolean removedAtItsEnd = true;

  ContainerRequest(SandboxSpec spec, Plan plan, ImageConfig image) {
    this.spec = spec;
    this.plan = plan;
    this.image = image;
  }

  /** Where commands start. */
  String directory() {
    return spec.workingDir().or(image::workingDir).orElse(DEFAULT_DIRECTORY);
  }

  /** Whom commands run as; empty for the container's root. */
  Optional<String> user() {
    return plan.user().or(image::user).filter(name -> !ImageConfig.root(Optional.of(name)));
  }

  /** The guest comes from, and listens in, directories of this machine. */
  void shared(Path program, Path run) {
    bind(program, GUEST, true);
    bind(run, RUN, false);
    guest.add("--outside");
  }

  /** The guest comes from a directory of this machine, and is reached through the daemon. */
  void program(Path program) {
    bind(program, GUEST, true);
    ownSocket();
  }

  /** The guest's socket is in memory of the sandbox's own; others of its users cannot use it. */
  void ownSocket() {
    memoryFiles.put(RUN, "rw,nosuid,nodev,noexec,size=64k,mode=1777");
  }

  /** The daemon leaves what is left of it at its end; others remove it. */
  void leave() {
    removedAtItsEnd = false;
  }

  /** Connections to a port inside go to a socket inside. */
  void relay(int port, String socket) {
    guest.addAll(List.of("--relay", port + "=" + socket));
  }

  void bind(Path source, String target, boolean readOnly) {
    mounts
        .addObject()
        .put("Type", "bind") // unlike "Binds" it is refused when the daemon does not see the source
        .put("Source", source.toString())
        .put("Target", target)
        .put("ReadOnly", readOnly);
  }

  ObjectNode toJson(Map<String, String> labels) {
    ObjectNode all = root.putObject("Labels");
    labels.forEach(all::put);
    root.put("Image", Images.reference(plan.image()));
    root.put("User", user().orElse("0:0"));
    // made by the daemon when missing; one that was asked for is made by the sandbox's own user
    root.put("WorkingDir", spec.workingDir().isPresent() ? "/" : directory());
    root.putArray("Entrypoint").add(GUEST);
    ArrayNode command = root.putArray("Cmd");
    guest.addAll(List.of("--listen", SOCKET, "--workdir", directory()));
    guest.addAll(List.of("--deadline-ms", Long.toString(spec.lifetime().toMillis())));
    if (!spec.detached()) {
      guest.addAll(List.of("--await-owner-ms", Integer.toString(AWAIT_OWNER_MILLIS)));
    }
    guest.forEach(command::add);
    root.putObject("Healthcheck").putArray("Test").add("NONE");
    root.put("StopSignal", "SIGKILL");
    confine();
    limit();
    for (HostMount mount : spec.mounts()) {
      bind(mount.source(), mount.target(), true);
    }
    return root;
  }

  private void confine() {
    host.put("AutoRemove", removedAtItsEnd);
    host.put("NetworkMode", plan.network());
    host.put("Runtime", plan.runtime());
    host.put("Privileged", false);
    host.putArray("CapDrop").add("ALL");
    CAPABILITIES.forEach(host.putArray("CapAdd")::add);
    host.putArray("SecurityOpt").add("no-new-privileges"); // and the daemon's own seccomp filter
    host.put("IpcMode", "private");
    ObjectNode log = host.putObject("LogConfig").put("Type", "json-file");
    log.putObject("Config").put("max-size", "64k").put("max-file", "1");
    if (plan.readOnly()) {
      host.put("ReadonlyRootfs", true);
      for (String place : List.of("/tmp", "/run", directory())) {
        memoryFiles.put(place, "rw,nosuid,nodev,exec,size=256m,mode=1777");
      }
    }
  }

  private void limit() {
    host.put("Memory", plan.memoryBytes());
    host.put("MemorySwap", plan.memoryBytes()); // memory and swap together: no swap on top
    host.put("PidsLimit", plan.processes());
    spec.cpuCores().ifPresent(cores -> host.put("NanoCpus", Math.round(cores * NANOS)));
    spec.diskMb().ifPresent(mb -> host.putObject("StorageOpt").put("size", mb + "M"));
    host.putArray("Ulimits").addObject().put("Name", "core").put("Soft", 0).put("Hard", 0);
  }
}
