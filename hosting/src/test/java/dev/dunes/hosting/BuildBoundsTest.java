package dev.dunes.hosting;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.hosting.BuildLog.Level;
import dev.dunes.hosting.HostingException.Reason;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one account builds takes neither the memory of the server nor the room of others. */
class BuildBoundsTest {
  private static final String LEFT_OUT = "there is too much output; the rest is left out";

  @TempDir Path directory;

  private static List<String> messages(BuildLog log) {
    return log.lines(Level.DEBUG, 0, Integer.MAX_VALUE).stream()
        .map(BuildLog.Line::message)
        .toList();
  }

  @Test
  void aLogHasSoManyLinesAndSaysHowTheBuildEnded() {
    BuildLog log = new BuildLog();
    for (int i = 0; i < 3 * BuildLog.MOST; i++) {
      log.add(Level.WARN, "1", "on standard error");
    }
    log.add(Level.ERROR, "1", "the reason");
    assertThat(messages(log)).hasSize(BuildLog.MOST + 2).endsWith(LEFT_OUT, "the reason");
  }

  @Test
  void longLinesCountAsMuchAsTheyHave() {
    BuildLog log = new BuildLog();
    for (int i = 0; i < 1000; i++) {
      log.add(Level.INFO, "1", "x".repeat(8192));
    }
    log.add(Level.ERROR, "1", "the reason");
    List<String> messages = messages(log);
    assertThat(messages).endsWith(LEFT_OUT, "the reason");
    assertThat(messages.stream().mapToInt(String::length).sum())
        .isBetween(BuildLog.MOST_CHARACTERS, BuildLog.MOST_CHARACTERS + 8192);
  }

  @Test
  void theLogsOfTheLastBuildsAreKept() throws Exception {
    Account account = new Account("a", AccountLimits.DEFAULT);
    BuildPlan plan =
        new BuildPlan(
            Optional.empty(), Optional.of("base"), Optional.empty(), Optional.empty(), List.of());
    try (BuildQueue queue =
        new BuildQueue(
            new TemplateFiles(directory),
            (who, make) -> {
              throw HostingException.invalid("nothing is built here");
            },
            BaseImages.DEFAULT,
            Duration.ofMinutes(1))) {
      for (int i = 0; i <= BuildQueue.MOST_LOGS; i++) {
        CountDownLatch ended = new CountDownLatch(1);
        queue.start(
            account,
            "b" + i,
            plan,
            new BuildQueue.Listener() {
              @Override
              public void begun() {}

              @Override
              public void ended(
                  Optional<TemplateBuild.Saved> saved, Optional<TemplateBuild.Reason> reason) {
                ended.countDown();
              }
            });
        assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
      }
      Ground.await("the first log is gone", () -> messages(queue.log("b0")).isEmpty());
      assertThat(messages(queue.log("b1"))).contains("nothing is built here");
      assertThat(messages(queue.log("b" + BuildQueue.MOST_LOGS))).contains("nothing is built here");
    }
  }

  @Test
  void anAccountsTemplatesTakeNoRoomOfOthers() {
    TemplateStore store = new TemplateStore(directory);
    store.change(none -> {
      List<BuiltTemplate> many = new ArrayList<>();
      for (int i = 0; i < BuiltTemplates.MOST_TEMPLATES; i++) {
        Instant now = TemplateStore.now();
        many.add(
            new BuiltTemplate("t" + i, "greedy", "n" + i, 1, 128, now, now, Map.of(), List.of()));
      }
      return many;
    });
    BuiltTemplates templates = new BuiltTemplates(store, Ground::sandboxes);
    LifeTest.assertRefused(
        Reason.LIMIT_REACHED, "limit of 1000 templates", () -> expect(templates, "greedy", "more"));
    expect(templates, "greedy", "n7");
    expect(templates, "modest", "more");
    assertThat(templates.list(new Account("modest", AccountLimits.DEFAULT))).hasSize(1);
  }

  private static void expect(BuiltTemplates templates, String account, String name) {
    BuiltTemplate made =
        templates.expect(
            new Account(account, AccountLimits.DEFAULT),
            name,
            Optional.empty(),
            Optional.empty(),
            "build");
    assertThat(made.name()).isEqualTo(name);
  }
}
