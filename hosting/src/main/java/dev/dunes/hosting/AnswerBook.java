package dev.dunes.hosting;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * Answers that are given again when a client asks once more for the same, also by the next server
 * of the same directory: a file each, named by a hash of what was asked, for 24 hours; of more than
 * 10,000 the oldest are forgotten. Sandbox API 3.5. Safe for use by several threads.
 */
public final class AnswerBook {
  private static final Logger LOG = LoggerFactory.getLogger(AnswerBook.class);
  private static final Duration KEPT = Duration.ofHours(24);
  private static final int MOST = 10_000;
  private static final String END = ".json";

  private final Path directory;
  private final int most;
  private final ReentrantLock lock = new ReentrantLock();

  /** When they were given, the oldest first; empty before the first look. */
  private Optional<LinkedHashMap<String, Instant>> known = Optional.empty();

  /**
   * An answer as it is kept.
   *
   * @param sandbox what it is about
   * @param status of HTTP
   * @param body without tokens, which are kept with the sandbox itself
   * @param at when it was given
   */
  public record Given(
      String sandbox, int status, Map<String, String> headers, String body, Instant at) {
    public Given {
      requireNonNull(sandbox, "sandbox");
      requireNonNull(body, "body");
      requireNonNull(at, "at");
      headers = Map.copyOf(headers);
    }

    private boolean old() {
      return at.plus(KEPT).isBefore(Instant.now());
    }
  }

  AnswerBook(Path hosting) {
    this(hosting, MOST);
  }

  AnswerBook(Path hosting, int most) {
    this.directory = hosting.resolve("answers");
    this.most = most;
  }

  /** What names an answer: nobody can tell from it what was asked. */
  public static String name(Account account, String path, String key) {
    byte[] nul = {0};
    return HexFormat.of()
        .formatHex(
            Tokens.sha256(
                account.id().getBytes(StandardCharsets.UTF_8),
                nul,
                path.getBytes(StandardCharsets.UTF_8),
                nul,
                key.getBytes(StandardCharsets.UTF_8)));
  }

  /** The one that was given before. */
  public Optional<Given> find(String name) {
    lock.lock();
    try {
      if (!known().containsKey(name)) {
        return Optional.empty();
      }
      Optional<Given> given = read(name).filter(one -> !one.old());
      if (given.isEmpty()) {
        forget(name);
      }
      return given;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file(name), e);
    } finally {
      lock.unlock();
    }
  }

  /** Keeps one. */
  public void keep(String name, Given given) {
    lock.lock();
    try {
      LinkedHashMap<String, Instant> all = known();
      HostingJson.makeDirectory(directory);
      HostingJson.write(file(name), given, false);
      all.putLast(name, given.at());
      while (all.size() > most || all.firstEntry().getValue().plus(KEPT).isBefore(Instant.now())) {
        forget(all.firstEntry().getKey());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file(name), e);
    } finally {
      lock.unlock();
    }
  }

  private LinkedHashMap<String, Instant> known() throws IOException {
    if (known.isEmpty()) {
      known = Optional.of(look());
    }
    return known.get();
  }

  private LinkedHashMap<String, Instant> look() throws IOException {
    record Found(String name, Instant at) {}
    List<Found> found = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "[!.]*" + END)) {
        for (Path file : files) {
          String name = String.valueOf(file.getFileName());
          // Written once, so it is as old as its last change.
          found.add(
              new Found(
                  name.substring(0, name.length() - END.length()),
                  Files.getLastModifiedTime(file).toInstant()));
        }
      }
    }
    found.sort(Comparator.comparing(Found::at));
    LinkedHashMap<String, Instant> all = new LinkedHashMap<>();
    found.forEach(each -> all.put(each.name(), each.at()));
    return all;
  }

  private Optional<Given> read(String name) throws IOException {
    try {
      return Optional.of(HostingJson.MAPPER.readValue(Files.readAllBytes(file(name)), Given.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (JacksonException e) {
      LOG.error("{} cannot be read, and is removed: {}", file(name), e.getOriginalMessage());
      return Optional.empty();
    }
  }

  private void forget(String name) throws IOException {
    Files.deleteIfExists(file(name));
    known().remove(name);
  }

  private Path file(String name) {
    return directory.resolve(name + END);
  }
}
