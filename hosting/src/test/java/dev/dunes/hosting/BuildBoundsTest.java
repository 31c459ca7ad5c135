package dev.dunes.hosting;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.hosting.BuildLog.Level;
import dev.dunes.hosting.HostingException.Reason;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one account builds takes neither the memory of the server nor the room of others. */
class BuildBoundsTest {
  private static final String LEFT_OUT = "there is too much output; the rest is left out";

  private static final BuildPlan PLAN =
      new BuildPlan(
          Optional.empty(), Optional.of("base"), Optional.empty(), Optional.empty(), List.of());

  @TempDir Path directory;

  /** One whose builds do this and then fail. */
  private BuildQueue queue(Consumer<Account> build) {
    return new BuildQueue(
        new TemplateFiles(directory),
        (who, make) -> {
          build.accept(who);
          throw HostingException.invalid("nothing is built here");
        },
        BaseImages.DEFAULT,
        Duration.ofMinutes(1));
  }

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
    try (BuildQueue queue = queue(who -> {})) {
      for (int i = 0; i <= BuildQueue.MOST_LOGS; i++) {
        CountDownLatch ended = new CountDownLatch(1);
        start(queue, account, "b" + i, ended);
        assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
      }
      // Of the ends of two builds either may be written down first.
      Ground.await("one log is gone", () -> kept(queue) == BuildQueue.MOST_LOGS);
      assertThat(messages(queue.log("b" + BuildQueue.MOST_LOGS))).contains("nothing is built here");
    }
  }

  private static long kept(BuildQueue queue) {
    return IntStream.rangeClosed(0, BuildQueue.MOST_LOGS)
        .filter(i -> !messages(queue.log("b" + i)).isEmpty())
        .count();
  }

  /** Whoever asks for one build does not wait for all that somebody else has asked for before. */
  @Test
  void accountsTakeTurns() throws Exception {
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch all = new CountDownLatch(BuildQueue.MOST_OF_ACCOUNT + 1);
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger ofGreedy = new AtomicInteger();
    Account greedy = new Account("greedy", AccountLimits.DEFAULT);
    Account modest = new Account("modest", AccountLimits.DEFAULT);
    try (BuildQueue queue =
        queue(who -> {
          Ground.await("may go on", () -> go.getCount() == 0);
          // Two of it run when the other asks, and one may have its turn next. Those after
          // that wait for the other: if it had to wait for them, nobody would go on.
          if (who.equals(greedy) && ofGreedy.incrementAndGet() > 3) {
            Ground.await("the other has had its turn", () -> order.contains("modest"));
          }
          order.add(who.id());
        })) {
      for (int i = 0; i < BuildQueue.MOST_OF_ACCOUNT; i++) {
        start(queue, greedy, "g" + i, all);
      }
      LifeTest.assertRefused(
          Reason.LIMIT_REACHED, "limit of 20 builds", () -> start(queue, greedy, "more", all));
      start(queue, modest, "m", all);
      go.countDown();
      assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(order.indexOf("modest")).isBetween(0, 3);
      Ground.await("there is room again", () -> !refused(queue, greedy));
    }
  }

  private static boolean refused(BuildQueue queue, Account account) {
    try (BuildTurns.Place place = queue.enter(account)) {
      return place == null;
    } catch (HostingException e) {
      return true;
    }
  }

  private static void start(BuildQueue queue, Account account, String build, CountDownLatch ended) {
    queue.start(
        queue.enter(account),
        account,
        build,
        PLAN,
        new BuildQueue.Listener() {
          @Override
          public void begun() {}

          @Override
          public void ended(
              Optional<TemplateBuild.Saved> saved, Optional<TemplateBuild.Reason> reason) {
            ended.countDown();
          }
        });
  }

  @Test
  void aPlaceThatIsGivenUpIsTheNextOnes() throws Exception {
    BuildTurns turns = new BuildTurns(1, 3);
    BuildTurns.Place first = turns.enter("a");
    BuildTurns.Place second = turns.enter("a");
    BuildTurns.Place third = turns.enter("a");
    BuildTurns.Place other = turns.enter("b");
    LifeTest.assertRefused(Reason.LIMIT_REACHED, "limit of 3 builds", () -> turns.enter("a"));
    first.await();
    second.close();
    second.close();
    first.close();
    BuildTurns.Place fourth = turns.enter("a");
    third.await(); // a's turn came before b had asked
    third.close();
    other.await();
    other.close();
    fourth.await();
    fourth.close();
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
