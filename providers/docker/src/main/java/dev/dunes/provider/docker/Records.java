package dev.dunes.provider.docker;

import dev.dunes.guest.SandboxRecord;
import java.util.Optional;
import java.util.OptionalLong;

/** What this provider keeps in a sandbox's record besides what every provider does. */
final class Records {
  static final String RUNTIME = "runtime";
  private static final String REACH = "reach";
  private static final String SOCKET = "socket";
  private static final String PID = "pid";
  private static final String MEMORY = "memory_limit";

  private Records() {}

  static SandboxRecord complete(
      SandboxRecord first, Plan plan, Optional<String> user, boolean socket, OptionalLong pid) {
    SandboxRecord record =
        first
            .withState(dev.dunes.sandbox.SandboxState.RUNNING)
            .withMetadata("container", Containers.name(first.id()))
            .withMetadata("image", plan.image())
            .withMetadata(RUNTIME, plan.runtime())
            .withMetadata("network", plan.network())
            .withMetadata("user", user.orElse("root"))
            .withMetadata(MEMORY, Long.toString(plan.memoryBytes()))
            .withMetadata("process_limit", Integer.toString(plan.processes()))
            .withMetadata(REACH, socket ? SOCKET : "daemon");
    return pid.isPresent() ? record.withMetadata(PID, Long.toString(pid.getAsLong())) : record;
  }

  /** Whether its guest has a socket on this machine. */
  static boolean hasSocket(SandboxRecord record) {
    return record.metadata().getOrDefault(REACH, "").equals(SOCKET);
  }

  /** Its first process as this machine sees it. */
  static OptionalLong pid(SandboxRecord record) {
    return number(record, PID);
  }

  static OptionalLong memoryLimit(SandboxRecord record) {
    return number(record, MEMORY);
  }

  private static OptionalLong number(SandboxRecord record, String key) {
    String text = record.metadata().getOrDefault(key, "");
    return text.matches("\\d{1,18}") ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
  }
}
