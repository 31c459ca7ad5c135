package dev.dunes.server.e2b.envd;

import static dev.dunes.server.e2b.envd.FilesystemMessages.WATCHER_REQUEST;
import static dev.dunes.server.e2b.envd.FilesystemMessages.WATCH_REQUEST;
import static dev.dunes.server.e2b.envd.FilesystemService.SERVICE;

import dev.dunes.hosting.OpenSandbox;
import dev.dunes.sandbox.FileChange;
import dev.dunes.sandbox.FileWatch;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import dev.dunes.server.e2b.connect.Message;
import dev.dunes.server.e2b.connect.Method;
import dev.dunes.server.e2b.connect.StreamOut;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Watching of directories, as a stream or by asking again and again. E2B wire 2.9. */
final class WatchService {
  /** Of one answer; the others are in the next. */
  private static final int MOST_EVENTS = 10_000;

  List<Method<EnvdCall>> methods() {
    return List.of(
        Method.serverStream(SERVICE + "WatchDir", WATCH_REQUEST, this::watch),
        Method.unary(SERVICE + "CreateWatcher", WATCH_REQUEST, this::create),
        Method.unary(SERVICE + "GetWatcherEvents", WATCHER_REQUEST, this::events),
        Method.unary(SERVICE + "RemoveWatcher", WATCHER_REQUEST, this::remove));
  }

  private static Watcher open(EnvdCall call, OpenSandbox open, Message request) {
    String path = FilesystemService.path(call, open, request.text("path"));
    FilesystemService.requireDirectory(open.sandbox().files(), path);
    if (!request.flag("allowNetworkMounts")) {
      NetworkMounts.refuse(open.sandbox().files(), path);
    }
    FileWatch watch = open.sandbox().files().watch(path, request.flag("recursive"));
    Optional<Entries> entries =
        request.flag("includeEntry")
            ? Optional.of(FilesystemService.entries(call, open))
            : Optional.empty();
    return new Watcher(path, watch, entries);
  }

  private void watch(EnvdCall call, Message request, StreamOut out) throws InterruptedException {
    Optional<Instant> until = call.times().timeout().map(Instant.now()::plus);
    call.use(open -> {
      try (Watcher watcher = open(call, open, request)) {
        out.send(FilesystemMessages.watchEvent("start"));
        while (true) {
          Optional<FileChange> change = watcher.next(patience(call, until));
          if (change.isPresent()) {
            out.send(
                new Message(FilesystemMessages.WATCH_RESPONSE)
                    .set("filesystem", watcher.event(change.get())));
          } else if (watcher.ended()) {
            throw new SandboxStateException("the watch of %s has ended".formatted(watcher.path()));
          } else {
            out.send(FilesystemMessages.watchEvent("keepalive"));
          }
        }
      }
    });
  }

  private static Duration patience(EnvdCall call, Optional<Instant> until) {
    Duration keepalive = call.times().keepalive();
    if (until.isEmpty()) {
      return keepalive;
    }
    Duration left = Duration.between(Instant.now(), until.get());
    if (!left.isPositive()) {
      throw ProcessEvents.tooLate();
    }
    return left.compareTo(keepalive) < 0 ? left : keepalive;
  }

  private static Watchers watchers(OpenSandbox open) {
    return open.attachments().get(Watchers.class, Watchers::new);
  }

  private Message create(EnvdCall call, Message request) throws InterruptedException {
    return call.use(open -> {
      String id = watchers(open).add(() -> open(call, open, request));
      return new Message(FilesystemMessages.CREATE_WATCHER_RESPONSE).set("watcherId", id);
    });
  }

  private Message events(EnvdCall call, Message request) throws InterruptedException {
    String id = request.text("watcherId");
    return call.use(open -> {
      Watcher watcher = watchers(open).find(id).orElseThrow(() -> unknown(id));
      List<Message> events = new ArrayList<>();
      for (Optional<FileChange> change = watcher.next(Duration.ZERO);
          change.isPresent();
          change = events.size() < MOST_EVENTS ? watcher.next(Duration.ZERO) : Optional.empty()) {
        events.add(watcher.event(change.get()));
      }
      return new Message(FilesystemMessages.WATCHER_EVENTS_RESPONSE).set("events", events);
    });
  }

  private Message remove(EnvdCall call, Message request) throws InterruptedException {
    String id = request.text("watcherId");
    return call.use(open -> {
      watchers(open).remove(id).orElseThrow(() -> unknown(id)).close();
      return new Message(ProcessMessages.EMPTY);
    });
  }

  private static ConnectException unknown(String id) {
    return new ConnectException(
        ConnectCode.NOT_FOUND, "watcher with id %s not found".formatted(id));
  }
}
