package dev.dunes.hosting;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.hosting.TemplateBuild.Saved;
import dev.dunes.sandbox.Sandboxes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Templates that accounts build from descriptions. What a build makes is a snapshot at the
 * provider; it outlives the server. Another account's templates are as good as not there. Safe for
 * use by several threads. E2B wire 2.4.
 */
public final class TemplateBuilds implements AutoCloseable {
  private static final int LEAST_MEMORY = 128;
  private static final TemplateBuild.Reason NEVER_STARTED =
      new TemplateBuild.Reason(
          "it was not started within %d minutes; ask for another build, and start it"
              .formatted(PendingBuilds.PATIENCE.toMinutes()),
          "base");

  private final Templates builtIn;
  private final BuiltTemplates templates;
  private final TemplateFiles files;
  private final PendingBuilds pending;
  private final BuildQueue queue;

  /**
   * @param directory of the hosting
   * @param base makes the sandboxes that are built in
   * @param images which images templates stand for
   * @param limit how long a build may take
   * @param clock by which builds that nobody starts are given up
   */
  TemplateBuilds(
      Path directory,
      Supplier<Sandboxes> sandboxes,
      Templates builtIn,
      BiFunction<Account, BuildQueue.Make, BuildRun.Base.Made> base,
      BaseImages images,
      Duration limit,
      InstantSource clock) {
    this.builtIn = builtIn;
    this.templates = new BuiltTemplates(new TemplateStore(directory), sandboxes);
    this.files = new TemplateFiles(directory);
    this.pending = new PendingBuilds(clock);
    this.queue = new BuildQueue(files, base, images, limit);
  }

  /**
   * What was asked for.
   *
   * @param template as it is now
   * @param build the id of the build that waits to be started
   * @param tags it will have when it is ready
   */
  public record Requested(BuiltTemplate template, String build, List<String> tags) {}

  /**
   * Asks for a build, of a new template or of one that is there.
   *
   * @param name with a tag, or without
   * @param tags more of them
   * @throws HostingException of reason {@code LIMIT_REACHED} when too many of the account wait to
   *     be started
   */
  public Requested request(
      Account account,
      String name,
      List<String> tags,
      Optional<Integer> cpuCores,
      Optional<Integer> memoryMb) {
    if (queue.closed()) {
      throw new HostingException(Reason.UNAVAILABLE, "the server is shutting down");
    }
    TemplateName parsed = TemplateName.parse(name);
    if (builtIn.find(parsed.name()).isPresent()) {
      throw HostingException.invalid(
          "template '%s' comes with the server; choose another name".formatted(parsed.name()));
    }
    List<String> all = new ArrayList<>(parsed.tag().stream().toList());
    tags.stream().map(TemplateName::tag).filter(tag -> !all.contains(tag)).forEach(all::add);
    if (all.isEmpty()) {
      all.add(BuiltTemplate.DEFAULT_TAG);
    }
    if (cpuCores.filter(cpu -> cpu < 1).isPresent()
        || memoryMb.filter(memory -> memory < LEAST_MEMORY).isPresent()) {
      throw HostingException.invalid("cpuCount is at least 1, memoryMB at least 128");
    }
    giveUp();
    String build = UUID.randomUUID().toString();
    pending.expect(account.id(), build, all);
    boolean expected = false;
    try {
      BuiltTemplate made = templates.expect(account, parsed.name(), cpuCores, memoryMb, build);
      expected = true;
      return new Requested(made, build, all);
    } finally {
      if (!expected) {
        pending.take(build);
      }
    }
  }

  /** Builds that nobody has started in their time have failed. */
  private void giveUp() {
    pending.overdue().forEach(build -> templates.giveUp(build, NEVER_STARTED));
  }

  // ---- files ----

  /** Whether an archive is there. */
  public boolean hasFiles(Account account, String hash) {
    return files.present(account.id(), hash);
  }

  /** A name under which an archive can be uploaded once, by whoever knows it. */
  public String inviteFiles(Account account, String hash) {
    return files.invite(account.id(), hash, account.limits().uploadBytes());
  }

  /** How many bytes whoever was invited under this name may upload; empty when nobody was. */
  public Optional<Long> invited(String token) {
    return files.invited(token).map(TemplateFiles.Upload::most);
  }

  /** Keeps an archive. */
  public void keepFiles(String token, InputStream archive) throws IOException {
    files.keep(token, archive);
  }

  // ---- builds ----

  /**
   * Starts a build that was asked for.
   *
   * @throws HostingException of reason {@code LIMIT_REACHED} when too many of the account wait or
   *     run; it can be started later
   */
  public void start(Account account, String template, String build, BuildPlan plan) {
    BuiltTemplate known = get(account, template);
    if (known.build(build).isEmpty()) {
      throw BuiltTemplates.notFound(build);
    }
    BuildTurns.Place place = queue.enter(account);
    boolean started = false;
    try {
      List<String> tags = pending.take(build).orElseThrow(() -> refusal(account, template, build));
      start(place, account, known, build, plan, tags);
      started = true;
    } finally {
      if (!started) {
        place.close();
      }
    }
  }

  /** Why a build cannot be started that does not wait for it. */
  private HostingException refusal(Account account, String template, String build) {
    return HostingException.invalid(
        get(account, template)
            .build(build)
            .flatMap(TemplateBuild::reason)
            .map(reason -> "build '%s' has failed: %s".formatted(build, reason.message()))
            .orElse("build '%s' was started already".formatted(build)));
  }

  private void start(
      BuildTurns.Place place,
      Account account,
      BuiltTemplate known,
      String build,
      BuildPlan plan,
      List<String> tags) {
    // Said at once, also when others come before it: clients take a build that waits for one that
    // nobody has started.
    templates.building(known.id(), build);
    queue.start(
        place,
        account,
        build,
        plan,
        new BuildQueue.Listener() {
          @Override
          public void begun() {
            templates.building(known.id(), build);
          }

          @Override
          public void ended(Optional<Saved> saved, Optional<TemplateBuild.Reason> reason) {
            templates.finish(known.id(), build, tags, saved, reason);
          }
        });
  }

  /** What a build has said so far; empty after a restart of the server. */
  public BuildLog log(Account account, String template, String build) {
    if (get(account, template).build(build).isEmpty()) {
      throw BuiltTemplates.notFound(build);
    }
    return queue.log(build);
  }

  // ---- templates ----

  /** The account's, newest first. */
  public List<BuiltTemplate> list(Account account) {
    giveUp();
    return templates.list(account);
  }

  /** One by its id or its name. */
  public Optional<BuiltTemplate> find(Account account, String name) {
    giveUp();
    return templates.find(account, name);
  }

  /** One by its id or its name, which must be there. */
  public BuiltTemplate get(Account account, String name) {
    giveUp();
    return templates.get(account, name);
  }

  /** What sandboxes are made from by a name, which may have a tag. */
  Optional<Template> template(Account account, String name) {
    return templates.template(account, name);
  }

  /** Deletes one with all its builds; false when it is not there. */
  public boolean delete(Account account, String name) {
    Optional<BuiltTemplate> gone = templates.remove(account, name);
    gone.ifPresent(this::forget);
    return gone.isPresent();
  }

  private void forget(BuiltTemplate template) {
    for (TemplateBuild build : template.builds()) {
      pending.take(build.id());
      queue.forget(build.id());
    }
  }

  /**
   * Lets more tags mean what one means.
   *
   * @param target a name with a tag
   * @return the build they mean
   */
  public String assign(Account account, String target, Collection<String> tags) {
    return templates.assign(account, target, tags);
  }

  /** Takes tags away. */
  public void unassign(Account account, String name, Collection<String> tags) {
    templates.unassign(account, name, tags);
  }

  /** Ends the builds that run; they have failed then. */
  @Override
  public void close() {
    queue.close();
  }
}
