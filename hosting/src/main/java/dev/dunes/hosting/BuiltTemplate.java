package dev.dunes.hosting;

import dev.dunes.hosting.TemplateBuild.Saved;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A template that an account has built.
 *
 * @param id of the template
 * @param account whose it is
 * @param name by which sandboxes are made of it
 * @param cpuCores of its sandboxes
 * @param memoryMb of its sandboxes, MiB
 * @param createdAt when it was first asked for
 * @param updatedAt when something changed
 * @param tags the build each of them means
 * @param builds newest last
 */
public record BuiltTemplate(
    String id,
    String account,
    String name,
    double cpuCores,
    int memoryMb,
    Instant createdAt,
    Instant updatedAt,
    Map<String, Tag> tags,
    List<TemplateBuild> builds) {
  static final String DEFAULT_TAG = "default";
  private static final Duration USUAL = Duration.ofSeconds(300);

  /**
   * What a tag means.
   *
   * @param build its id
   * @param createdAt since when
   */
  public record Tag(String build, Instant createdAt) {}

  public BuiltTemplate {
    tags = Map.copyOf(tags);
    builds = List.copyOf(builds);
  }

  /** A build by its id. */
  public Optional<TemplateBuild> build(String wanted) {
    return builds.stream().filter(build -> build.id().equals(wanted)).findFirst();
  }

  /** The last build. */
  public Optional<TemplateBuild> latest() {
    return builds.isEmpty() ? Optional.empty() : Optional.of(builds.getLast());
  }

  /** The build a tag means, if it is ready. */
  Optional<Saved> tagged(String tag) {
    return Optional.ofNullable(tags.get(tag))
        .flatMap(meant -> build(meant.build()))
        .flatMap(TemplateBuild::saved);
  }

  /** As what sandboxes are made from. */
  Template asTemplate(Saved saved) {
    return new Template(
        id,
        List.of(name),
        "built from a description",
        cpuCores,
        memoryMb,
        saved.diskMb(),
        USUAL,
        Optional.of("snapshot:" + saved.snapshot()),
        List.of(),
        List.of(),
        List.of(),
        saved.launch());
  }
}
