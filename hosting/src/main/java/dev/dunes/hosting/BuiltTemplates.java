package dev.dunes.hosting;

import dev.dunes.hosting.BuiltTemplate.Tag;
import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.hosting.TemplateBuild.Saved;
import dev.dunes.hosting.TemplateBuild.Status;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Sandboxes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The templates that accounts have built: the status of their builds, and which build a tag means.
 * What no tag means any more is not kept at the provider. Safe for use by several threads.
 */
final class BuiltTemplates {
  private static final Logger LOG = LoggerFactory.getLogger(BuiltTemplates.class);
  private static final int MOST_BUILDS = 200;

  /** Of an account. */
  static final int MOST_TEMPLATES = 1000;

  private static final double CPU_CORES = 2.0;
  private static final int MEMORY_MB = 1024;

  private final TemplateStore store;
  private final Supplier<Sandboxes> sandboxes;

  BuiltTemplates(TemplateStore store, Supplier<Sandboxes> sandboxes) {
    this.store = store;
    this.sandboxes = sandboxes;
  }

  /** The account's, newest first. */
  List<BuiltTemplate> list(Account account) {
    return of(account, store.all().reversed()).toList();
  }

  /** One by its id or its name. */
  Optional<BuiltTemplate> find(Account account, String name) {
    String plain = TemplateName.plain(name);
    return list(account).stream()
        .filter(template -> template.id().equals(plain) || template.name().equals(plain))
        .findFirst();
  }

  /** One by its id or its name, which must be there. */
  BuiltTemplate get(Account account, String name) {
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

  // ---- builds ----

  /** A build is going to be started, of a new template or of one that is there. */
  BuiltTemplate expect(
      Account account,
      String name,
      Optional<Integer> cpuCores,
      Optional<Integer> memoryMb,
      String build) {
    store.change(now -> {
      Optional<BuiltTemplate> there = named(now, account, name);
      if (there.isEmpty() && of(account, now).count() >= MOST_TEMPLATES) {
        throw new HostingException(
            Reason.LIMIT_REACHED,
            "you have reached the limit of %d templates; delete some".formatted(MOST_TEMPLATES));
      }
      BuiltTemplate before =
          there.orElseGet(() ->
              new BuiltTemplate(
                  Tokens.id(""),
                  account.id(),
                  name,
                  CPU_CORES,
                  MEMORY_MB,
                  TemplateStore.now(),
                  TemplateStore.now(),
                  Map.of(),
                  List.of()));
      BuiltTemplate after =
          new BuiltTemplate(
              before.id(),
              before.account(),
              before.name(),
              cpuCores.map(Integer::doubleValue).orElse(before.cpuCores()),
              memoryMb.orElse(before.memoryMb()),
              before.createdAt(),
              TemplateStore.now(),
              before.tags(),
              more(before, build));
      now.remove(before);
      now.add(after);
      return now;
    });
    return named(store.all(), account, name).orElseThrow(() -> notFound(name));
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

  /** A build will not be started any more. */
  void giveUp(String build, TemplateBuild.Reason reason) {
    store.all().stream()
        .filter(template -> template.build(build).isPresent())
        .findFirst()
        .ifPresent(template ->
            finish(template.id(), build, List.of(), Optional.empty(), Optional.of(reason)));
  }

  /** A build is under way. */
  void building(String template, String build) {
    store.update(
        template, one -> with(one, build, Status.BUILDING, Optional.empty(), Optional.empty()));
  }

  /** A build has ended: with what it made, which its tags mean then, or the reason why not. */
  void finish(
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

  // ---- tags ----

  /**
   * Lets more tags mean what one means.
   *
   * @param target a name with a tag
   * @return the build they mean
   */
  String assign(Account account, String target, Collection<String> tags) {
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
  void unassign(Account account, String name, Collection<String> tags) {
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

  // ---- the end ----

  /** Removes one with what its builds have made; empty when it is not there. */
  Optional<BuiltTemplate> remove(Account account, String name) {
    Optional<BuiltTemplate> known = find(account, name);
    known.ifPresent(template -> {
      store.change(all -> all.stream().filter(one -> !one.id().equals(template.id())).toList());
      template.builds().forEach(build -> build.saved().ifPresent(this::delete));
    });
    return known;
  }

  private void delete(Saved saved) {
    try {
      sandboxes.get().provider(saved.provider()).deleteSnapshot(saved.snapshot());
    } catch (SandboxException e) {
      LOG.warn("snapshot {} of {} could not be deleted", saved.snapshot(), saved.provider(), e);
    }
  }

  private static Stream<BuiltTemplate> of(Account account, List<BuiltTemplate> all) {
    return all.stream().filter(template -> template.account().equals(account.id()));
  }

  private static Optional<BuiltTemplate> named(
      List<BuiltTemplate> all, Account account, String name) {
    return of(account, all).filter(one -> one.name().equals(name)).findFirst();
  }

  static HostingException notFound(String name) {
    return new HostingException(
        Reason.NOT_FOUND, "template or build '%s' was not found".formatted(name));
  }
}
