package dev.dunes.session;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Variables that configure Dunes: the environment of the process before those of {@code .env} in
 * the working directory, which is read again when it changes. Every {@code SANDSTORM_X} may also be
 * written {@code DUNES_X}, which comes first. Safe for use by several threads.
 */
public final class Settings {
  private static final Logger LOG = LoggerFactory.getLogger(Settings.class);
  private static final String OLD = "SANDSTORM_";
  private static final String NEW = "DUNES_";

  private final Map<String, String> environment;
  private final WatchedFile file;
  private final ReentrantLock lock = new ReentrantLock();
  private Map<String, String> merged;

  /**
   * @param environment of the process
   * @param directory where {@code .env} may be
   */
  public Settings(Map<String, String> environment, Path directory) {
    this.environment = Map.copyOf(environment);
    this.file = new WatchedFile(directory.resolve(".env"));
    this.merged = this.environment;
  }

  /** All variables as they are now. */
  public Map<String, String> all() {
    lock.lock();
    try {
      switch (file.look()) {
        case WatchedFile.Reading.Unchanged unchanged -> {}
        case WatchedFile.Reading.Absent absent -> merged = environment;
        case WatchedFile.Reading.Contents contents -> merged = merge(contents.bytes());
        case WatchedFile.Reading.Unreadable unreadable ->
            LOG.warn("could not read {}: {}", file.path(), unreadable.reason());
      }
      return merged;
    } finally {
      lock.unlock();
    }
  }

  /** A variable that is set and not blank. */
  public Optional<String> get(String name) {
    Map<String, String> all = all();
    return value(all, name)
        .or(() -> name.startsWith(NEW) ? value(all, OLD + name.substring(NEW.length())) : none());
  }

  /** Whether a variable says yes: {@code 1, true, yes, on}. */
  public boolean on(String name) {
    return get(name)
        .map(value -> value.strip().toLowerCase(Locale.ROOT))
        .filter(v -> v.equals("1") || v.equals("true") || v.equals("yes") || v.equals("on"))
        .isPresent();
  }

  /**
   * A variable that is a whole number in a range; else the default.
   *
   * @throws RunRefusedException of reason {@code CONFIG} when it is something else
   */
  public int number(String name, int fallback, int least, int most) {
    Optional<String> text = get(name);
    if (text.isEmpty()) {
      return fallback;
    }
    try {
      int value = Integer.parseInt(text.get().strip());
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      LOG.debug("{} is no number", name);
    }
    throw RunRefusedException.config(
        "%s must be a whole number from %d to %d".formatted(name, least, most));
  }

  private Map<String, String> merge(byte[] bytes) {
    Map<String, String> all = new HashMap<>();
    all.putAll(DotEnv.parse(new String(bytes, StandardCharsets.UTF_8), environment));
    all.putAll(environment);
    return Map.copyOf(all);
  }

  private static Optional<String> value(Map<String, String> all, String name) {
    return Optional.ofNullable(all.get(name)).filter(value -> !value.isBlank());
  }

  private static Optional<String> none() {
    return Optional.empty();
  }

  /** Never shows values: they may be keys. */
  @Override
  public String toString() {
    return "Settings" + all().keySet();
  }
}
