package dev.dunes.server.e2b.envd;

import static dev.dunes.server.e2b.envd.FilesystemMessages.TYPE_DIRECTORY;
import static dev.dunes.server.e2b.envd.FilesystemMessages.TYPE_FILE;
import static dev.dunes.server.e2b.envd.FilesystemMessages.TYPE_UNSPECIFIED;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.server.e2b.connect.Message;
import java.util.Map;
import java.util.Optional;

/** Describes files as E2B does. E2B wire 2.9. */
final class Entries {
  private static final int MOST_LINKS = 40;
  private static final int PERMISSIONS = 0777;

  private final Sandbox sandbox;
  private final Users users;
  private final Metadata metadata;
  private final boolean legacy;

  /**
   * @param legacy whether the client is one that knows a name, a type and a path only. E2B wire 3.8
   */
  Entries(Sandbox sandbox, Users users, boolean legacy) {
    this.sandbox = sandbox;
    this.users = users;
    this.metadata = new Metadata(sandbox.files());
    this.legacy = legacy;
  }

  /** What is at a path, which is not followed if it is a symbolic link. */
  Message at(String path) {
    FileEntry entry = sandbox.files().statLink(path);
    return of(path, entry, entry.isFile() ? metadata.of(path) : Map.of());
  }

  /** An entry that was read. */
  Message of(String path, FileEntry entry, Map<String, String> attributes) {
    Optional<String> target =
        entry.kind() == FileEntry.Kind.SYMLINK ? Optional.of(target(path)) : Optional.empty();
    Optional<FileEntry> shown = target.isPresent() ? behind(target.get()) : Optional.of(entry);
    Message message =
        new Message(FilesystemMessages.ENTRY)
            .set("name", Paths.name(path))
            .set("type", shown.map(Entries::type).orElse(TYPE_UNSPECIFIED))
            .set("path", path);
    if (legacy) {
      return message;
    }
    message
        .set("size", entry.size())
        .set("mode", shown.map(real -> (long) (real.mode() & PERMISSIONS)).orElse(0L))
        .set("permissions", Permissions.of(entry))
        .set("owner", users.user(sandbox, entry.uid()))
        .set("group", users.group(sandbox, entry.gid()))
        .set("modifiedTime", entry.modifiedAt())
        .set("metadata", attributes);
    target.ifPresent(leadsTo -> message.set("symlinkTarget", leadsTo));
    return message;
  }

  private static long type(FileEntry entry) {
    return switch (entry.kind()) {
      case FILE -> TYPE_FILE;
      case DIRECTORY -> TYPE_DIRECTORY;
      case SYMLINK, OTHER -> TYPE_UNSPECIFIED;
    };
  }

  private Optional<FileEntry> behind(String path) {
    try {
      return Optional.of(sandbox.files().statLink(path))
          .filter(entry -> entry.kind() != FileEntry.Kind.SYMLINK);
    } catch (SandboxFileException e) {
      return Optional.empty(); // it leads nowhere
    }
  }

  /** Where a path leads when all symbolic links are followed; itself when that is nowhere. */
  private String target(String path) {
    String done = "";
    String rest = path;
    int links = 0;
    while (!rest.isEmpty()) {
      int slash = rest.indexOf('/', 1);
      String next = done + (slash < 0 ? rest : rest.substring(0, slash));
      rest = slash < 0 ? "" : rest.substring(slash);
      Optional<FileEntry> entry = stat(next);
      if (entry.isEmpty()) {
        return path;
      }
      Optional<String> link = entry.get().linkTarget();
      if (link.isEmpty()) {
        done = next;
      } else if (++links > MOST_LINKS) {
        return path;
      } else {
        String whole = link.get().startsWith("/") ? link.get() : done + "/" + link.get();
        rest = Paths.clean(whole) + rest;
        done = "";
      }
    }
    return done.isEmpty() ? "/" : done;
  }

  private Optional<FileEntry> stat(String path) {
    try {
      return Optional.of(sandbox.files().statLink(path));
    } catch (SandboxFileException e) {
      return Optional.empty();
    }
  }
}
