package dev.dunes.provider.host;

import dev.dunes.guest.HostileTree;
import dev.dunes.guest.SandboxStore;
import dev.dunes.sandbox.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/** Copies of sandboxes' files, kept until they are deleted. */
final class HostSnapshots {
  private static final Pattern ID = Pattern.compile("[a-z0-9]{12,20}");

  private final Path path;

  HostSnapshots(Path path) {
    this.path = path;
  }

  Snapshot take(HostLayout from) throws IOException {
    String id = SandboxStore.newId();
    Path part = Files.createDirectories(path).resolve(".part-" + id);
    try {
      HostLayout to = new HostLayout(Files.createDirectory(part));
      FileCopy.copy(from.workspace(), to.workspace());
      FileCopy.copy(from.home(), to.home());
      Files.move(part, path.resolve(id), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      HostileTree.delete(part);
    }
    return new Snapshot(id, HostSandboxProviderFactory.NAME, Instant.now());
  }

  Optional<HostLayout> find(String id) {
    return ID.matcher(id).matches() && Files.isDirectory(path.resolve(id))
        ? Optional.of(new HostLayout(path.resolve(id)))
        : Optional.empty();
  }

  boolean delete(String id) throws IOException {
    return ID.matcher(id).matches() && HostileTree.delete(path.resolve(id));
  }
}
