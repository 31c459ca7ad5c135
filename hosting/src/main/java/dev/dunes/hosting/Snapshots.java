package dev.dunes.hosting;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

/**
 * The saved snapshots of all accounts, in one file that outlives the server. Safe for use by
 * several threads.
 */
final class Snapshots {
  /** E2B wire 2.2; a namespace before it is not kept. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{1,128}(:[a-z0-9_.-]{1,128})?");

  private static final String DEFAULT_TAG = ":default";
  private static final int MOST = 1000;

  private final Path file;
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<List<SavedSnapshot>> known = Optional.empty();

  Snapshots(Path directory) {
    this.file = directory.resolve("snapshots.json");
  }

  /** A name as it is kept, with its tag. */
  static String normal(String name) {
    String plain = name.substring(name.lastIndexOf('/') + 1).strip().toLowerCase(Locale.ROOT);
    if (!NAME.matcher(plain).matches()) {
      throw HostingException.invalid(
          "a snapshot's name has letters, digits, - and _, and may have a tag: name:tag");
    }
    return plain.contains(":") ? plain : plain + DEFAULT_TAG;
  }

  /** One of the account's, by any of its names. */
  Optional<SavedSnapshot> find(String account, String name) {
    String plain = name.substring(name.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    String tagged = plain.contains(":") ? plain : plain + DEFAULT_TAG;
    return list(account).stream().filter(saved -> saved.id().equals(tagged)).findFirst();
  }

  /** The account's, newest first. */
  List<SavedSnapshot> list(String account) {
    lock.lock();
    try {
      return all().stream()
          .filter(saved -> saved.account().equals(account))
          .sorted(Comparator.comparing(SavedSnapshot::createdAt).reversed())
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** Adds one; the one that had its name until now is returned, and kept no more. */
  Optional<SavedSnapshot> add(SavedSnapshot saved) {
    lock.lock();
    try {
      List<SavedSnapshot> next = new ArrayList<>(all());
      Optional<SavedSnapshot> before = find(saved.account(), saved.id());
      before.ifPresent(next::remove);
      if (next.size() >= MOST) {
        throw new HostingException(
            HostingException.Reason.UNAVAILABLE,
            "there are %d snapshots; delete some first".formatted(MOST));
      }
      next.add(saved);
      write(next);
      return before;
    } finally {
      lock.unlock();
    }
  }

  /** Forgets one; false when it was not there. */
  boolean remove(SavedSnapshot saved) {
    lock.lock();
    try {
      List<SavedSnapshot> next = new ArrayList<>(all());
      if (!next.remove(saved)) {
        return false;
      }
      write(next);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private List<SavedSnapshot> all() {
    if (known.isEmpty()) {
      try {
        known =
            Optional.of(
                List.of(
                    HostingJson.MAPPER.readValue(Files.readAllBytes(file), SavedSnapshot[].class)));
      } catch (NoSuchFileException e) {
        known = Optional.of(List.of());
      } catch (IOException e) {
        throw failed(e);
      }
    }
    return known.get();
  }

  private void write(List<SavedSnapshot> next) {
    try {
      HostingJson.write(file, next, true);
      known = Optional.of(List.copyOf(next));
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static HostingException failed(IOException e) {
    return new HostingException(
        HostingException.Reason.UNAVAILABLE,
        "the server's list of snapshots cannot be used: " + e.getMessage(),
        e);
  }
}
