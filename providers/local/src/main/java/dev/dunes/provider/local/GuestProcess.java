package dev.dunes.provider.local;

import dev.dunes.guest.ProcessIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** The guest as the host sees it, from what the runtime has written down about it. */
final class GuestProcess {
  private static final String CHILD = "\"child-pid\":";

  private GuestProcess() {}

  /** Empty when it has ended, or has not started yet. */
  static Optional<ProcessIdentity> of(SandboxPaths paths) throws IOException {
    Optional<String> info = text(paths.info());
    if (info.isPresent()) {
      return bubblewrap(info.get()).flatMap(ProcessIdentity::of);
    }
    Optional<Long> pid = text(paths.runtimePid()).flatMap(GuestProcess::number);
    return pid.isPresent() && isSandboxs(pid.get(), paths)
        ? ProcessIdentity.of(pid.get())
        : Optional.empty();
  }

  /** bubblewrap's <code>{"child-pid": 123, …}</code>. */
  private static Optional<Long> bubblewrap(String text) {
    int at = text.indexOf(CHILD);
    int end = at < 0 ? -1 : text.indexOf('\n', at); // half written without
    return end < 0
        ? Optional.empty()
        : number(text.substring(at + CHILD.length(), end).replace(",", ""));
  }

  /**
   * An OCI runtime runs as the sandbox's user, and so its file is worth no more than that user's
   * word: a process of somebody else is not meant.
   */
  private static boolean isSandboxs(long pid, SandboxPaths paths) throws IOException {
    Object user = Files.getAttribute(paths.runtimeState(), "unix:uid");
    return text(Path.of("/proc", Long.toString(pid), "status"))
        .filter(status -> status.contains("\nUid:\t" + user + "\t"))
        .isPresent();
  }

  private static Optional<Long> number(String text) {
    try {
      return Optional.of(Long.parseLong(text.strip()));
    } catch (NumberFormatException e) {
      return Optional.empty(); // half written
    }
  }

  private static Optional<String> text(Path file) throws IOException {
    try {
      return Optional.of(Files.readString(file, StandardCharsets.ISO_8859_1));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
