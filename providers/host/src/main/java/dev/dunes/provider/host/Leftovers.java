package dev.dunes.provider.host;

import dev.dunes.guest.ProcessIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Processes of a sandbox whose guest was killed before it could end them. They are known by a
 * variable every one of them was born with, or by what they descend from; one that hid from both is
 * beyond what a place without isolation can promise.
 */
final class Leftovers {
  /** Set to the sandbox's id in every process of it. */
  static final String MARK = "DUNES_SANDBOX_ID";

  private static final int ROUNDS = 50;
  private static final Duration DEATH_LIMIT = Duration.ofSeconds(2);

  private Leftovers() {}

  static void kill(String id) {
    for (int round = 0; round < ROUNDS; round++) {
      List<ProcessIdentity> found = find(id);
      if (found.isEmpty()) {
        return;
      }
      found.forEach(ProcessIdentity::kill);
      found.forEach(each -> each.awaitEnd(DEATH_LIMIT));
    }
  }

  private static List<ProcessIdentity> find(String id) {
    List<ProcessIdentity> found = new ArrayList<>();
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      all.filter(process -> isMarked(process.pid(), id))
          .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
          .forEach(process -> ProcessIdentity.of(process.pid()).ifPresent(found::add));
    }
    return found;
  }

  private static boolean isMarked(long pid, String id) {
    if (pid == ProcessHandle.current().pid()) {
      return false; // a program in one host sandbox may itself open others
    }
    try {
      byte[] environment = Files.readAllBytes(Path.of("/proc/" + pid + "/environ"));
      return Arrays.asList(new String(environment, StandardCharsets.ISO_8859_1).split("\0"))
          .contains(MARK + "=" + id);
    } catch (IOException e) {
      return false; // it has ended, or is another user's
    }
  }
}
