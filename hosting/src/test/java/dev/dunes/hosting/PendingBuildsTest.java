package dev.dunes.hosting;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.hosting.TemplateBuild.Status;
import dev.dunes.sandbox.Placement;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Builds that are asked for and never started. */
class PendingBuildsTest {
  private static final Duration LITTLE = Duration.ofSeconds(1);
  private static final BuildPlan PLAN =
      new BuildPlan(
          Optional.empty(), Optional.of("base"), Optional.empty(), Optional.empty(), List.of());
  private static final Account ACCOUNT = new Account("a", AccountLimits.DEFAULT);

  @TempDir Path directory;
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  private TemplateBuilds open() {
    return new TemplateBuilds(
        directory,
        Ground::sandboxes,
        new Templates(Ground::sandboxes, Placement.at("local"), List.of()),
        (who, make) -> {
          throw HostingException.invalid("nothing is built here");
        },
        BaseImages.DEFAULT,
        Duration.ofMinutes(1),
        () -> now);
  }

  private static TemplateBuilds.Requested request(
      TemplateBuilds builds, Account account, String name) {
    return builds.request(account, name, List.of(), Optional.empty(), Optional.empty());
  }

  private static TemplateBuild state(TemplateBuilds builds, TemplateBuilds.Requested asked) {
    return builds.get(ACCOUNT, asked.template().id()).build(asked.build()).orElseThrow();
  }

  private static void start(TemplateBuilds builds, TemplateBuilds.Requested asked) {
    builds.start(ACCOUNT, asked.template().id(), asked.build(), PLAN);
  }

  @Test
  void theyAreGivenUp() {
    try (TemplateBuilds builds = open()) {
      TemplateBuilds.Requested forgotten = request(builds, ACCOUNT, "app:v1");
      now = now.plus(PendingBuilds.PATIENCE).minus(LITTLE);
      TemplateBuilds.Requested later = request(builds, ACCOUNT, "app:v2");
      assertThat(state(builds, forgotten).status()).isEqualTo(Status.WAITING);
      now = now.plus(LITTLE);
      TemplateBuild over = state(builds, forgotten);
      assertThat(over.status()).isEqualTo(Status.ERROR);
      assertThat(over.reason().orElseThrow().message())
          .isEqualTo("it was not started within 60 minutes; ask for another build, and start it");
      LifeTest.assertRefused(
          Reason.INVALID, "has failed: it was not started", () -> start(builds, forgotten));
      assertThat(state(builds, later).status()).isEqualTo(Status.WAITING);
      start(builds, later);
      Ground.await("it was built", () -> state(builds, later).status().last());
      LifeTest.assertRefused(
          Reason.INVALID, "has failed: nothing is built here", () -> start(builds, later));
    }
  }

  @Test
  void anAccountHasSoMany() {
    try (TemplateBuilds builds = open()) {
      TemplateBuilds.Requested first = request(builds, ACCOUNT, "app");
      for (int i = 1; i < PendingBuilds.MOST_OF_ACCOUNT; i++) {
        request(builds, ACCOUNT, i % 2 == 0 ? "app" : "other");
      }
      LifeTest.assertRefused(
          Reason.LIMIT_REACHED,
          "limit of 100 builds that were asked for and not started; start them",
          () -> request(builds, ACCOUNT, "more"));
      assertThat(builds.find(ACCOUNT, "more")).isEmpty();
      request(builds, new Account("b", AccountLimits.DEFAULT), "app");
      start(builds, first);
      request(builds, ACCOUNT, "app");
      LifeTest.assertRefused(
          Reason.LIMIT_REACHED, "limit of 100 builds", () -> request(builds, ACCOUNT, "more"));
      builds.delete(ACCOUNT, "other");
      request(builds, ACCOUNT, "more");
      now = now.plus(PendingBuilds.PATIENCE);
      for (int i = 0; i < PendingBuilds.MOST_OF_ACCOUNT; i++) {
        request(builds, ACCOUNT, "again");
      }
    }
  }

  /** What is refused for another reason takes no place. */
  @Test
  void whatIsRefusedDoesNotCount() {
    List<BuiltTemplate> many =
        IntStream.range(0, BuiltTemplates.MOST_TEMPLATES)
            .mapToObj(i ->
                new BuiltTemplate(
                    "t" + i, ACCOUNT.id(), "n" + i, 1, 128, now, now, Map.of(), List.of()))
            .toList();
    new TemplateStore(directory).change(none -> many);
    try (TemplateBuilds builds = open()) {
      for (int i = 0; i <= PendingBuilds.MOST_OF_ACCOUNT; i++) {
        LifeTest.assertRefused(
            Reason.LIMIT_REACHED,
            "limit of 1000 templates",
            () -> request(builds, ACCOUNT, "more"));
      }
      request(builds, ACCOUNT, "n7");
    }
  }

  @Test
  void theyDoNotOutliveTheServer() {
    TemplateBuilds.Requested asked;
    try (TemplateBuilds builds = open()) {
      asked = request(builds, ACCOUNT, "app");
    }
    try (TemplateBuilds builds = open()) {
      assertThat(state(builds, asked).status()).isEqualTo(Status.ERROR);
      LifeTest.assertRefused(
          Reason.INVALID, "the server ended before it was started", () -> start(builds, asked));
    }
  }
}
