package dev.dunes.server.e2b.envd;

import static dev.dunes.server.e2b.envd.FilesystemMessages.ENTRY_RESPONSE;
import static dev.dunes.server.e2b.envd.FilesystemMessages.PATH_REQUEST;

import dev.dunes.hosting.OpenSandbox;
import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFileException.Reason;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import dev.dunes.server.e2b.connect.Message;
import dev.dunes.server.e2b.connect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code filesystem.Filesystem}: everything but watching. E2B wire 2.9. */
final class FilesystemService {
  static final String SERVICE = "/filesystem.Filesystem/";

  /** More would take much memory of a server that others use too. */
  private static final int MOST_ENTRIES = 100_000;

  private final WatchService watching = new WatchService();

  List<Method<EnvdCall>> methods() {
    return Stream.concat(
            Stream.of(
                Method.unary(SERVICE + "Stat", PATH_REQUEST, this::stat),
                Method.unary(SERVICE + "MakeDir", PATH_REQUEST, this::makeDir),
                Method.unary(SERVICE + "Move", FilesystemMessages.MOVE_REQUEST, this::move),
                Method.unary(SERVICE + "ListDir", FilesystemMessages.LIST_REQUEST, this::list),
                Method.unary(SERVICE + "Remove", PATH_REQUEST, this::remove)),
            watching.methods().stream())
        .toList();
  }

  static Entries entries(EnvdCall call, OpenSandbox open) {
    return new Entries(open.sandbox(), EnvdCall.users(open), LegacyClient.asks(call.exchange()));
  }

  /** The path that is meant, for the sandbox's own user: its files are only to be had as that. */
  static String path(EnvdCall call, OpenSandbox open, String given) {
    SandboxUser user = call.user(open);
    user.runAs()
        .ifPresent(other -> {
          throw new ConnectException(
              ConnectCode.PERMISSION_DENIED,
              "files cannot be used as user '%s' here; leave the user out, or run a command as that user"
                  .formatted(other));
        });
    return user.path(given);
  }

  private static Message entry(EnvdCall call, OpenSandbox open, String path) {
    return new Message(ENTRY_RESPONSE).set("entry", entries(call, open).at(path));
  }

  private Message stat(EnvdCall call, Message request) throws InterruptedException {
    return call.use(open -> {
      String path = path(call, open, request.text("path"));
      try {
        return entry(call, open, path);
      } catch (SandboxFileException e) {
        throw missing(e, "file not found: " + path);
      }
    });
  }

  /** The same failure, said in other words when nothing is there. */
  static RuntimeException missing(SandboxFileException e, String words) {
    return e.reason() == Reason.NOT_FOUND || e.reason() == Reason.NOT_DIRECTORY
        ? new ConnectException(ConnectCode.NOT_FOUND, words)
        : e;
  }

  private Message makeDir(EnvdCall call, Message request) throws InterruptedException {
    return call.use(open -> {
      String path = path(call, open, request.text("path"));
      Optional<FileEntry> there = find(open.sandbox().files(), path);
      if (there.isPresent() && !there.get().isDirectory()) {
        throw new ConnectException(
            ConnectCode.INVALID_ARGUMENT, "path already exists but it is not a directory: " + path);
      }
      if (there.isPresent() || !open.sandbox().files().mkdir(path)) {
        throw new ConnectException(ConnectCode.ALREADY_EXISTS, "directory already exists: " + path);
      }
      return entry(call, open, path);
    });
  }

  static Optional<FileEntry> find(SandboxFiles files, String path) {
    try {
      return Optional.of(files.stat(path));
    } catch (SandboxFileException e) {
      if (e.reason() == Reason.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private Message move(EnvdCall call, Message request) throws InterruptedException {
    return call.use(open -> {
      String source = path(call, open, request.text("source"));
      String destination = path(call, open, request.text("destination"));
      SandboxFiles files = open.sandbox().files();
      try {
        files.statLink(source);
      } catch (SandboxFileException e) {
        throw missing(e, "source file not found: " + source);
      }
      files.mkdir(Paths.parent(destination));
      files.moveReplacing(source, destination);
      return entry(call, open, destination);
    });
  }

  private Message list(EnvdCall call, Message request) throws InterruptedException {
    int depth = Math.clamp(request.number("depth"), 1, Integer.MAX_VALUE);
    return call.use(open -> {
      String path = path(call, open, request.text("path"));
      Entries entries = entries(call, open);
      SandboxFiles files = open.sandbox().files();
      requireDirectory(files, path);
      List<FileEntry> found = files.list(path, depth);
      if (found.size() > MOST_ENTRIES) {
        throw new ConnectException(
            ConnectCode.RESOURCE_EXHAUSTED,
            "%d entries are below %s, and %d are listed at most; use a smaller depth, or find"
                .formatted(found.size(), path, MOST_ENTRIES));
      }
      List<String> paths = found.stream().map(entry -> Paths.join(path, entry.path())).toList();
      Map<String, Map<String, String>> metadata = new Metadata(files).ofFiles(paths, found);
      List<Message> rows = new ArrayList<>();
      for (int i = 0; i < found.size(); i++) {
        String each = paths.get(i);
        rows.add(entries.of(each, found.get(i), metadata.getOrDefault(each, Map.of())));
      }
      return new Message(FilesystemMessages.LIST_RESPONSE).set("entries", rows);
    });
  }

  static void requireDirectory(SandboxFiles files, String path) {
    FileEntry root;
    try {
      root = files.stat(path);
    } catch (SandboxFileException e) {
      if (e.reason() == Reason.LOOP) {
        throw new ConnectException(
            ConnectCode.FAILED_PRECONDITION, "too many symbolic links: " + path);
      }
      throw missing(e, "path not found: " + path);
    }
    if (!root.isDirectory()) {
      throw new ConnectException(ConnectCode.INVALID_ARGUMENT, "path is not a directory: " + path);
    }
  }

  private Message remove(EnvdCall call, Message request) throws InterruptedException {
    return call.use(open -> {
      String path = path(call, open, request.text("path"));
      try {
        open.sandbox().files().removeTree(path);
      } catch (SandboxFileException e) {
        if (e.reason() != Reason.NOT_FOUND && e.reason() != Reason.NOT_DIRECTORY) {
          throw e;
        }
      }
      return new Message(ProcessMessages.EMPTY);
    });
  }
}
