package dev.dunes.hosting;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/** The built templates of all accounts, in one file that outlives the server. */
final class TemplateStore {
  /** In the directory of the hosting. */
  static final String DIRECTORY = "templates";

  private final Path directory;
  private final Path file;
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<List<BuiltTemplate>> known = Optional.empty();

  /**
   * @param hosting its directory
   */
  TemplateStore(Path hosting) {
    this.directory = hosting.resolve(DIRECTORY);
    this.file = directory.resolve("built.json");
  }

  /** All, those of builds that an earlier server has not brought to their end as failed. */
  List<BuiltTemplate> all() {
    lock.lock();
    try {
      if (known.isEmpty()) {
        try {
          known =
              Optional.of(
                  List.of(
                          HostingJson.MAPPER.readValue(
                              Files.readAllBytes(file), BuiltTemplate[].class))
                      .stream()
                      .map(TemplateStore::afterRestart)
                      .toList());
        } catch (NoSuchFileException e) {
          known = Optional.of(List.of());
        } catch (IOException e) {
          throw failed(e);
        }
      }
      return known.get();
    } finally {
      lock.unlock();
    }
  }

  private static BuiltTemplate afterRestart(BuiltTemplate template) {
    List<TemplateBuild> builds =
        template.builds().stream()
            .map(build ->
                switch (build.status()) {
                  case WAITING ->
                      failed(build, "the server ended before it was started; ask for it again");
                  case BUILDING ->
                      failed(build, "the server ended while it was built; build it again");
                  case READY, ERROR -> build;
                })
            .toList();
    return with(template, template.tags(), builds);
  }

  private static TemplateBuild failed(TemplateBuild build, String why) {
    return new TemplateBuild(
        build.id(),
        TemplateBuild.Status.ERROR,
        build.createdAt(),
        now(),
        Optional.of(now()),
        Optional.empty(),
        Optional.of(new TemplateBuild.Reason(why, "base")));
  }

  /** The same with other tags and builds. */
  static BuiltTemplate with(
      BuiltTemplate template,
      java.util.Map<String, BuiltTemplate.Tag> tags,
      List<TemplateBuild> builds) {
    return new BuiltTemplate(
        template.id(),
        template.account(),
        template.name(),
        template.cpuCores(),
        template.memoryMb(),
        template.createdAt(),
        now(),
        tags,
        builds);
  }

  /** Changes all, as a whole. */
  void change(UnaryOperator<List<BuiltTemplate>> change) {
    lock.lock();
    try {
      List<BuiltTemplate> next = List.copyOf(change.apply(new ArrayList<>(all())));
      HostingJson.makeDirectory(directory);
      HostingJson.write(file, next, true);
      known = Optional.of(next);
    } catch (IOException e) {
      throw failed(e);
    } finally {
      lock.unlock();
    }
  }

  /** Changes one that is there. */
  void update(String id, UnaryOperator<BuiltTemplate> change) {
    change(all -> all.stream().map(one -> one.id().equals(id) ? change.apply(one) : one).toList());
  }

  static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }

  private static HostingException failed(IOException e) {
    return new HostingException(
        HostingException.Reason.UNAVAILABLE,
        "the server's list of templates cannot be used: " + e.getMessage(),
        e);
  }
}
