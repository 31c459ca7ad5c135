package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The sandboxes of a provider that can be used again: running ones, then starting ones, which are
 * waited for.
 */
final class Candidates {
  private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

  static final Comparator<SandboxInfo> OLDEST_FIRST =
      Comparator.comparing((SandboxInfo info) -> info.createdAt().orElse(Instant.MAX))
          .thenComparing(SandboxInfo::id);

  private static final Comparator<SandboxInfo> RUNNING_FIRST =
      Comparator.comparing((SandboxInfo info) -> info.state() != SandboxState.RUNNING)
          .thenComparing(OLDEST_FIRST);

  private final TimeSource time;
  private final Duration patience;

  Candidates(TimeSource time, Duration patience) {
    this.time = time;
    this.patience = patience;
  }

  Optional<Sandbox> first(SandboxProvider provider, Map<String, String> labels) {
    return alive(provider, labels).stream()
        .sorted(RUNNING_FIRST)
        .map(info -> open(provider, info))
        .flatMap(Optional::stream)
        .findFirst();
  }

  static List<SandboxInfo> alive(SandboxProvider provider, Map<String, String> labels) {
    return provider.list(labels).stream()
        // checked again: a provider that ignored the labels would hand out anybody's sandbox
        .filter(info -> info.hasLabels(labels))
        .filter(i -> i.state() == SandboxState.RUNNING || i.state() == SandboxState.STARTING)
        .toList();
  }

  private Optional<Sandbox> open(SandboxProvider provider, SandboxInfo info) {
    Optional<Sandbox> found = provider.get(info.id());
    if (found.isEmpty() || info.state() == SandboxState.RUNNING || started(found.get())) {
      return found;
    }
    found.get().close();
    return Optional.empty();
  }

  private boolean started(Sandbox sandbox) {
    long end = time.nanos() + patience.toNanos();
    SandboxState state = sandbox.state();
    while (state == SandboxState.STARTING && time.nanos() < end) {
      time.pause(LOOK_AGAIN, "waiting for sandbox " + sandbox.id() + " to start");
      state = sandbox.state();
    }
    return state == SandboxState.RUNNING;
  }
}
