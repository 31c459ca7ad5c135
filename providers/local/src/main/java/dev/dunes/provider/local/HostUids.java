package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxQuotaException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Hands every sandbox a user id of its own on the host, so that even without namespaces one could
 * not touch another. A link a number, made exclusively, is the lease; where it leads is its owner's
 * name, so that it never is without one. Forks share their family's id, because they share its
 * files.
 *
 * @param directory where the leases are
 * @param first the first id
 * @param count how many there are
 */
record HostUids(Path directory, int first, int count) {
  /** Far above what systemd, subuid ranges and directories hand out; all ranges end below 2^31. */
  private static final int FIRST = 2_000_000_000;

  private static final int COUNT = 65_536;
  private static final int RANGES = 2_000;
  private static final int TRIES = 1_000;

  /** The owner of an id that several sandboxes share. */
  static final String FAMILY = "family";

  private static final String PASSING = ".";

  /**
   * The ids this process can use: in a user namespace only part of them exist.
   *
   * @param directory where the leases are
   * @param tag of the state directory: each has a range of its own, as they do not know of each
   *     other's leases
   */
  static HostUids in(Path directory, String tag) {
    int own = FIRST + Math.floorMod(tag.hashCode(), RANGES) * COUNT;
    try {
      long best = 0;
      for (String line : Files.readAllLines(Path.of("/proc/self/uid_map"))) {
        String[] fields = line.strip().split("\\s+");
        long start = Long.parseLong(fields[0]);
        long length = Long.parseLong(fields[2]);
        if (start <= own && start + length >= (long) own + COUNT) {
          return new HostUids(directory, own, COUNT);
        }
        best = Math.max(best, start + length);
      }
      // the upper half of the namespace: accounts live in the lower one
      int half = (int) Math.min(best / 2, COUNT);
      return new HostUids(directory, (int) (best - half), half);
    } catch (IOException e) {
      throw new ProviderException("cannot read /proc/self/uid_map", ErrorDetails.cause(e));
    }
  }

  int lease(String owner) {
    try {
      for (int i = 0; i < TRIES; i++) {
        int uid = first + ThreadLocalRandom.current().nextInt(count);
        try {
          Files.createSymbolicLink(file(uid), Path.of(owner));
          return uid;
        } catch (FileAlreadyExistsException taken) {
          continue;
        }
      }
    } catch (IOException e) {
      throw new ProviderException(
          "cannot lease a user id in " + directory + ": " + e.getMessage(), ErrorDetails.cause(e));
    }
    throw new SandboxQuotaException(
        "no free user id for a sandbox", ErrorDetails.remedy("destroy sandboxes: `ds list`"));
  }

  /** Gives an id back, unless it has passed to a family of snapshots and forks. */
  void releaseIfOwnedBy(int uid, String owner) throws IOException {
    if (owner(uid).filter(owner::equals).isPresent()) {
      release(uid);
    }
  }

  void release(int uid) throws IOException {
    Files.deleteIfExists(file(uid));
  }

  /** Who leased an id. */
  Optional<String> owner(int uid) throws IOException {
    try {
      return Optional.of(Files.readSymbolicLink(file(uid)).toString());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** From now on the id belongs to everything that was started from one sandbox's files. */
  void passToFamily(int uid) throws IOException {
    if (owner(uid).filter(FAMILY::equals).isPresent()) {
      return;
    }
    // INVARIANT: until then only the holder of its sandbox's lock comes here
    Path family = directory.resolve(PASSING + uid);
    Files.deleteIfExists(family); // of a process that was killed before the last step
    Files.createSymbolicLink(family, Path.of(FAMILY));
    Files.move(family, file(uid), StandardCopyOption.ATOMIC_MOVE);
  }

  /** All leases by their owners' names. */
  Map<Integer, String> leased() throws IOException {
    Map<Integer, String> leases = new HashMap<>();
    if (Files.isDirectory(directory)) {
      try (var files = Files.newDirectoryStream(directory)) {
        for (Path each : files) {
          String name = each.getFileName().toString();
          boolean passing = name.startsWith(PASSING);
          int uid = Integer.parseInt(passing ? name.substring(PASSING.length()) : name);
          Optional<String> owner = owner(uid);
          owner.ifPresent(known -> leases.put(uid, known));
          if (passing && owner.isEmpty()) {
            Files.deleteIfExists(each);
          }
        }
      }
    }
    return leases;
  }

  private Path file(int uid) {
    return directory.resolve(Integer.toString(uid));
  }
}
