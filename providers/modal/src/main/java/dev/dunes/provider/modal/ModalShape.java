package dev.dunes.provider.modal;

import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Sandboxes as Modal shows them: labels are its tags. What else we have to know of one is in tags
 * under names that no label of ours can have.
 */
final class ModalShape {
  /** Labels begin with a letter or digit. */
  private static final String OURS = "_dunes.";

  /** Unique to a sandbox; those that go on from it after a pause have it, too. */
  static final String MARK = OURS + "mark";

  /** What a sandbox is called that goes on from a paused one. */
  static final String ID = OURS + "id";

  /** The image its files are in while it is paused. */
  static final String PAUSED = OURS + "paused";

  /** Exact, and can be changed; the vendor's own cannot. */
  static final String DEADLINE = OURS + "deadline";

  /** When the vendor ends it. */
  static final String LIMIT = OURS + "limit";

  /** The names of the variables it was made with. */
  static final String VARIABLES = OURS + "env";

  private static final String CREATED = OURS + "created";
  private static final String DETACHED = OURS + "detached";
  private static final String DIRECTORY = OURS + "directory";
  private static final String LIFETIME = OURS + "lifetime";

  private ModalShape() {}

  /**
   * A sandbox that was found.
   *
   * @param vendor what the vendor calls it
   * @param tags all of them, ours included
   */
  record Found(String vendor, Map<String, String> tags, SandboxState state) {
    /** What we call it. */
    String id() {
      return tags.getOrDefault(ID, vendor);
    }

    String tag(String name) {
      return tags.getOrDefault(name, "");
    }

    boolean expired() {
      return state != SandboxState.STOPPED
          && time(tag(DEADLINE)).filter(end -> Instant.now().isAfter(end)).isPresent();
    }
  }

  static Map<String, String> tags(SandboxSpec spec, String mark, Duration limit) {
    Instant now = Instant.now();
    Map<String, String> tags = new LinkedHashMap<>(spec.labels());
    tags.put(MARK, mark);
    tags.put(CREATED, now.toString());
    tags.put(LIFETIME, spec.lifetime().toString());
    tags.put(DEADLINE, now.plus(spec.lifetime()).toString());
    tags.put(LIMIT, now.plus(limit).toString());
    if (spec.detached()) {
      tags.put(DETACHED, "true");
    }
    if (!spec.env().isEmpty()) {
      tags.put(VARIABLES, String.join(",", spec.env().keySet()));
    }
    spec.workingDir().ifPresent(path -> tags.put(DIRECTORY, path));
    return tags;
  }

  static SandboxInfo info(Found found) {
    Map<String, String> labels = new LinkedHashMap<>(found.tags());
    labels.keySet().removeIf(name -> name.startsWith(OURS));
    return new SandboxInfo(
        found.id(),
        ModalSandboxProviderFactory.NAME,
        found.state(),
        labels,
        time(found.tag(CREATED)),
        found.state() == SandboxState.STOPPED ? Optional.empty() : time(found.tag(DEADLINE)),
        IsolationTier.GVISOR,
        found.vendor().equals(found.id()) ? Map.of() : Map.of("vendor_id", found.vendor()));
  }

  /** As far as it was kept. */
  static SandboxSpec spec(Found found) {
    SandboxSpec.Builder spec = SandboxSpec.builder().detached("true".equals(found.tag(DETACHED)));
    info(found).labels().forEach(spec::label);
    Optional.of(found.tag(DIRECTORY))
        .filter(path -> path.startsWith("/"))
        .ifPresent(spec::workingDir);
    spec.lifetime(lifetime(found).orElse(SandboxSpec.DEFAULT_LIFETIME));
    return spec.build();
  }

  static Optional<Duration> lifetime(Found found) {
    try {
      return Optional.of(Duration.parse(found.tag(LIFETIME)))
          .filter(each -> each.toSeconds() >= 1 && each.toDays() < 365);
    } catch (DateTimeException e) {
      return Optional.empty(); // whoever wrote it was not us
    }
  }

  static Optional<Instant> time(String text) {
    try {
      return Optional.of(Instant.parse(text));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
