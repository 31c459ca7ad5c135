package dev.dunes.hosting;

import dev.dunes.hosting.BuiltTemplate.Tag;
import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.hosting.TemplateBuild.Saved;
import dev.dunes.hosting.TemplateBuild.Status;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Sandboxes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Templates that accounts build from descriptions. What a build makes is a snapshot at the
 * provider; it outlives the server. Another account's templates are as good as not there. Safe for
 * use by several threads. E2B wire 2.4.
 */
public final class TemplateBuilds implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TemplateBuilds.class);
  private static final int MOST_BUILDS = 200;
  private static final int MOST_TEMPLATES = 1000;
  private static final int LEAST_MEMORY = 128;

  private final Supplier<Sandboxes> sandboxes;
  private final Templates builtIn;
  private final TemplateStore store;
  private final TemplateFiles files;
  private final BuildQueue queue;

  /**
   * @param directory of the hosting
   * @param base makes the sandboxes that are built in
   * @param images which images templates stand for
   * @param limit how long a build may take
   */
  TemplateBuilds(
      Path directory,
      Supplier<Sandboxes> sandboxes,
      Templates builtIn,
      BiFunction<Account, BuildQueue.Make, BuildRun.Base.Made> base,
      BaseImages images,
      Duration limit) {
    this.sandboxes = sandboxes;
    this.builtIn = builtIn;
    this.store = new TemplateStore(directory);
    this.files = new TemplateFiles(directory);
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
    double cpu = cpuCores.map(Integer::doubleValue).orElse(2.0);
    int memory = memoryMb.orElse(1024);
    if (cpu < 1 || memory < LEAST_MEMORY) {
      throw HostingException.invalid("cpuCount is at least 1, memoryMB at least 128");
    }
    String build = UUID.randomUUID().toString();
    store.change(now -> {
      Optional<BuiltTemplate> there = named(now, account, parsed.name());
      if (there.isEmpty() && now.size() >= MOST_TEMPLATES) {
        throw new HostingException(
            Reason.UNAVAILABLE, "there are %d templates; delete some".formatted(now.size()));
      }
      BuiltTemplate before =
          there.orElseGet(() ->
              new BuiltTemplate(
                  Tokens.id(""),
                  account.id(),
                  parsed.name(),
                  cpu,
                  memory,
                  TemplateStore.now(),
                  TemplateStore.now(),
                  Map.of(),
                  List.of()));
      BuiltTemplate after =
          new BuiltTemplate(
              before.id(),
              before.account(),
              before.name(),
              cpuCores.isPresent() ? cpu : before.cpuCores(),
              memoryMb.isPresent() ? memory : before.memoryMb(),
              before.createdAt(),
              TemplateStore.now(),
              before.tags(),
              more(before, build));
      now.remove(before);
      now.add(after);
      return now;
    });
    queue.expect(build, all);
    BuiltTemplate made =
        named(store.all(), account, parsed.name()).orElseThrow(() -> notFound(name));
    return new Requested(made, build, all);
  }

  private static List<TemplateBuild> more(BuiltTemplate before, String build) {
    List<TemplateBuild> builds = new ArrayList<>(before.builds());
    // The oldest that mean nothing any more make room.
    builds.removeIf(old ->
        before.builds().size() >= MOST_BUILDS && old.status().last() && old.saved().isEmpty());
    if (builds.size() >= MOST_BUILDS) {
      throw HostingException.invalid(
          "template '%s' has %d builds; remove tags, or delete it"
              .formatted(before.name(), builds.size()));
    }
    builds.add(
        new TemplateBuild(
            build,
            Status.WAITING,
            TemplateStore.now(),
            TemplateStore.now(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty()));
    return builds;
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

  /** Starts a build that was asked for. */
  public void start(Account account, String template, String build, BuildPlan plan) {
    BuiltTemplate known = get(account, template);
    TemplateBuild waiting = known.build(build).orElseThrow(() -> notFound(build));
    Optional<List<String>> tags = queue.take(build);
    if (waiting.status() != Status.WAITING || tags.isEmpty()) {
      throw HostingException.invalid("build '%s' was started already".formatted(build));
    }
    // Said at once, also when others come before it: clients take a build that waits for one that
    // nobody has started.
    status(known.id(), build, Status.BUILDING, Optional.empty(), Optional.empty());
    queue.start(
        account,
        build,
        plan,
        new BuildQueue.Listener() {
          @Override
          public void begun() {
            status(known.id(), build, Status.BUILDING, Optional.empty(), Optional.empty());
          }

          @Override
          public void ended(Optional<Saved> saved, Optional<TemplateBuild.Reason> reason) {
            finish(known.id(), build, tags.get(), saved, reason);
          }
        });
  }

  private void status(
      String template,
      String build,
      Status status,
      Optional<Saved> saved,
      Optional<TemplateBuild.Reason> reason) {
    store.update(template, one -> with(one, build, status, saved, reason));
  }

  private static BuiltTemplate with(
      BuiltTemplate template,
      String build,
      Status status,
      Optional<Saved> saved,
      Optional<TemplateBuild.Reason> reason) {
    return TemplateStore.with(
        template,
        template.tags(),
        template.builds().stream()
            .map(one ->
                one.id().equals(build)
                    ? new TemplateBuild(
                        build,
                        status,
                        one.createdAt(),
                        TemplateStore.now(),
                        status.last() ? Optional.of(TemplateStore.now()) : Optional.empty(),
                        saved,
                        reason)
                    : one)
            .toList());
  }

  private void finish(
      String template,
      String build,
      List<String> tags,
      Optional<Saved> saved,
      Optional<TemplateBuild.Reason> reason) {
    boolean[] there = new boolean[1];
    Status status = saved.isPresent() ? Status.READY : Status.ERROR;
    retag(
        template,
        one -> {
          there[0] = true;
          BuiltTemplate after = with(one, build, status, saved, reason);
          return saved.isPresent() ? tagged(after, tags, build) : after;
        });
    if (!there[0]) { // deleted while it was built
      saved.ifPresent(this::delete);
    }
  }

  private static BuiltTemplate tagged(BuiltTemplate template, List<String> tags, String build) {
    Map<String, Tag> all = new LinkedHashMap<>(template.tags());
    tags.forEach(tag -> all.put(tag, new Tag(build, TemplateStore.now())));
    return TemplateStore.with(template, all, template.builds());
  }

  /** Changes tags; what no tag means any more is not kept. */
  private void retag(String template, UnaryOperator<BuiltTemplate> change) {
    List<Saved> unused = new ArrayList<>();
    store.update(
        template,
        before -> {
          BuiltTemplate after = change.apply(before);
          List<TemplateBuild> builds = new ArrayList<>();
          for (TemplateBuild build : after.builds()) {
            boolean meant =
                after.tags().values().stream().anyMatch(tag -> tag.build().equals(build.id()));
            if (build.saved().isPresent() && !meant) {
              unused.add(build.saved().get());
              builds.add(
                  new TemplateBuild(
                      build.id(),
                      build.status(),
                      build.createdAt(),
                      build.updatedAt(),
                      build.finishedAt(),
                      Optional.empty(),
                      build.reason()));
            } else {
              builds.add(build);
            }
          }
          return TemplateStore.with(after, after.tags(), builds);
        });
    unused.forEach(this::delete);
  }

  private void delete(Saved saved) {
    try {
      sandboxes.get().provider(saved.provider()).deleteSnapshot(saved.snapshot());
    } catch (SandboxException e) {
      LOG.warn("snapshot {} of {} could not be deleted", saved.snapshot(), saved.provider(), e);
    }
  }

  /** What a build has said so far; empty after a restart of the server. */
  public BuildLog log(Account account, String template, String build) {
    if (get(account, template).build(build).isEmpty()) {
      throw notFound(build);
    }
    return queue.log(build);
  }

  // ---- templates ----

  /** The account's, newest first. */
  public List<BuiltTemplate> list(Account account) {
    return store.all().reversed().stream()
        .filter(template -> template.account().equals(account.id()))
        .toList();
  }

  /** One by its id or its name. */
  public Optional<BuiltTemplate> find(Account account, String name) {
    String plain = TemplateName.plain(name);
    return list(account).stream()
        .filter(template -> template.id().equals(plain) || template.name().equals(plain))
        .findFirst();
  }

  /** One by its id or its name, which must be there. */
  public BuiltTemplate get(Account account, String name) {
    return find(account, name).orElseThrow(() -> notFound(name));
  }

  /** What sandboxes are made from by a name, which may have a tag. */
  Optional<Template> template(Account account, String name) {
    return find(account, name)
        .flatMap(built ->
            built
                .tagged(TemplateName.tagOf(name).orElse(BuiltTemplate.DEFAULT_TAG))
                .map(built::asTemplate));
  }

  /** Deletes one with all its builds; false when it is not there. */
  public boolean delete(Account account, String name) {
    Optional<BuiltTemplate> known = find(account, name);
    known.ifPresent(template -> {
      store.change(all -> all.stream().filter(one -> !one.id().equals(template.id())).toList());
      for (TemplateBuild build : template.builds()) {
        queue.forget(build.id());
        build.saved().ifPresent(this::delete);
      }
    });
    return known.isPresent();
  }

  /**
   * Lets more tags mean what one means.
   *
   * @param target a name with a tag
   * @return the build they mean
   */
  public String assign(Account account, String target, Collection<String> tags) {
    BuiltTemplate template = get(account, target);
    String tag = TemplateName.tagOf(target).orElse(BuiltTemplate.DEFAULT_TAG);
    Tag meant = template.tags().get(tag);
    if (meant == null) {
      throw notFound(target);
    }
    List<String> more = tags.stream().map(TemplateName::tag).toList();
    retag(template.id(), one -> tagged(one, more, meant.build()));
    return meant.build();
  }

  /** Takes tags away. */
  public void unassign(Account account, String name, Collection<String> tags) {
    BuiltTemplate template = get(account, name);
    List<String> gone = tags.stream().map(TemplateName::tag).toList();
    if (!template.tags().keySet().containsAll(gone)) {
      throw new HostingException(
          Reason.NOT_FOUND, "template '%s' has no such tag".formatted(template.name()));
    }
    retag(
        template.id(),
        one -> {
          Map<String, Tag> left = new LinkedHashMap<>(one.tags());
          gone.forEach(left::remove);
          return TemplateStore.with(one, left, one.builds());
        });
  }

  private static Optional<BuiltTemplate> named(
      List<BuiltTemplate> all, Account account, String name) {
    return all.stream()
        .filter(one -> one.account().equals(account.id()) && one.name().equals(name))
        .findFirst();
  }

  private static HostingException notFound(String name) {
    return new HostingException(
        Reason.NOT_FOUND, "template or build '%s' was not found".formatted(name));
  }

  /** Ends the builds that run; they have failed then. */
  @Override
  public void close() {
    queue.close();
  }
}
