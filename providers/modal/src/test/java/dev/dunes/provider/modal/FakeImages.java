package dev.dunes.provider.modal;

import dev.dunes.sandbox.Sandboxes;
import io.grpc.Status;
import io.grpc.StatusException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Images the fake has built, and files it has saved: real snapshots of this machine. */
final class FakeImages {
  private final Sandboxes sandboxes;
  private final Map<String, String> images = new ConcurrentHashMap<>();
  private final Set<String> built = ConcurrentHashMap.newKeySet();
  private final Map<String, String> snapshots = new ConcurrentHashMap<>();

  /** By the keys that were asked with. */
  private final Map<String, String> saved = new ConcurrentHashMap<>();

  private final AtomicInteger count = new AtomicInteger();

  FakeImages(Sandboxes sandboxes) {
    this.sandboxes = sandboxes;
  }

  WireFields make(WireMessage asked) throws StatusException {
    if (asked.text(4).isEmpty() || asked.text(9).isEmpty()) {
      throw Status.INVALID_ARGUMENT.withDescription("app and builder version").asException();
    }
    String commands = String.join("\n", asked.message(2).texts(6));
    String id =
        images.computeIfAbsent(
            commands, key -> "im-" + (key.contains("broken") ? "broken" : "built") + images.size());
    WireFields answer = new WireFields().text(1, id);
    return built.contains(id) ? answer.message(2, new WireFields().number(1, 1)) : answer;
  }

  /** The first stream ends without a result, as after its 55 seconds; the next goes on. */
  void join(FakeCall call, String id, String last) throws Exception {
    if (last.isEmpty()) {
      WireFields log = new WireFields().text(1, "Step 1/1 : FROM somewhere\n");
      call.send(new WireFields().message(2, log).text(3, "1-0"));
      return;
    }
    boolean fails = id.contains("broken");
    WireFields result = new WireFields().number(1, fails ? 2 : 1);
    if (fails) {
      result.text(2, "no such image, and the secret is " + FakeModal.TOKEN_SECRET);
    } else {
      built.add(id);
    }
    call.send(new WireFields().message(1, result).text(3, "2-0").flag(4, true));
  }

  /** With the same key the same one. */
  String snapshot(FakeBox box, String key) {
    return saved.computeIfAbsent(
        key,
        any -> {
          String id = "im-snapshot" + count.incrementAndGet();
          snapshots.put(id, box.sandbox.snapshot().id());
          return id;
        });
  }

  /** The ids of all that was saved. */
  List<String> snapshots() {
    return List.copyOf(snapshots.keySet());
  }

  /** What a sandbox of this machine begins with; nothing for an image that was only built. */
  Optional<String> of(String image) throws StatusException {
    if (snapshots.containsKey(image)) {
      return Optional.of("snapshot:" + snapshots.get(image));
    }
    if (!built.contains(image)) {
      throw FakeModal.notFound("Image");
    }
    return Optional.empty();
  }

  void delete(String image) throws StatusException {
    String files = snapshots.remove(image);
    if (files == null) {
      throw FakeModal.notFound("Image");
    }
    sandboxes.provider().deleteSnapshot(files);
  }
}
