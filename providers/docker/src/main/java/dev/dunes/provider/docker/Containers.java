package dev.dunes.provider.docker;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The containers that are sandboxes. A sandbox's container has its id for a name. */
final class Containers {
  private static final Logger LOG = LoggerFactory.getLogger(Containers.class);
  private static final String PREFIX = "dunes-";
  private static final Duration GONE_LIMIT = Duration.ofSeconds(30);
  private static final long POLL_MILLIS = 5;
  private static final long SHORTEST_WAIT_MILLIS = 50;
  private static final long LONGEST_WAIT_MILLIS = 2000;
  private static final Duration FREEZE_LIMIT = Duration.ofSeconds(10);
  private static final long FREEZE_POLL_MILLIS = 20;
  private static final long LONGEST_FREEZE_POLL_MILLIS = 500;

  private final Engine engine;

  Containers(Engine engine) {
    this.engine = engine;
  }

  static String name(String id) {
    return PREFIX + id;
  }

  /**
   * Makes one. A limit the daemon's machine cannot keep is only warned of by the daemon; here it is
   * refused, and the container removed.
   */
  void create(String id, ObjectNode request) {
    Answer answer =
        engine.call("POST", "/containers/create?name=" + name(id), request, Engine.LONG);
    if (!answer.ok()) {
      throw DockerErrors.refused("make a container", answer);
    }
    for (JsonNode each : answer.json().path("Warnings")) {
      String warning = each.asString("");
      if (warning.contains("iscard") && !warning.contains("wap")) {
        throw new IsolationUnavailableException(
            "this Docker daemon cannot keep a limit: " + warning,
            DockerErrors.details()
                .withRemedy(
                    "give it cgroups with all controllers (rootless: cgroup v2 delegated)"));
      }
      LOG.debug("container {}: {}", name(id), warning);
    }
  }

  void start(String id) {
    Answer answer = engine.post("/containers/" + name(id) + "/start", Engine.LONG);
    if (!answer.ok()) {
      throw DockerErrors.refused("start the container", answer);
    }
  }

  /** A container as it is now; empty when there is none, or it is on its way out. */
  Optional<Container> find(String id) {
    Answer answer = engine.get("/containers/" + name(id) + "/json");
    if (answer.notFound()) {
      return Optional.empty();
    }
    if (!answer.ok()) {
      throw DockerErrors.refused("look at the container of sandbox " + id, answer);
    }
    return Container.inspected(answer.json());
  }

  /** All that are sandboxes, in whatever state. */
  List<Container> all() {
    Answer answer =
        engine.get(
            "/containers/json?all=true&filters="
                + Engine.quote("{\"label\":[\"" + ContainerLabels.SANDBOX + "\"]}"));
    if (!answer.ok()) {
      throw DockerErrors.refused("list containers", answer);
    }
    List<Container> found = new ArrayList<>();
    for (JsonNode each : answer.json()) {
      Container.listed(each).ifPresent(found::add);
    }
    return found;
  }

  /**
   * Ends a container with everything in it; false when there was none. Returns once it is gone. A
   * busy daemon does not always get at it at once; it is asked again for half a minute then.
   */
  boolean remove(String id) {
    return remove(id, GONE_LIMIT);
  }

  boolean remove(String id, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    long wait = SHORTEST_WAIT_MILLIS;
    for (boolean asked = false; ; asked = true) {
      Answer answer =
          engine.call(
              "DELETE", "/containers/" + name(id) + "?force=true&v=true", null, Engine.LONG);
      if (answer.notFound()) {
        return asked;
      }
      // a conflict is a removal that is under way: its end by itself, or another's
      boolean underWay = answer.ok() || answer.conflict();
      if (!underWay && !isTooBusyToRemove(answer)) {
        throw DockerErrors.refused("remove the container of sandbox " + id, answer);
      }
      LOG.debug("removing container {}: {} {}", name(id), answer.status(), answer.message());
      if (isGoneWithin(wait, id)) {
        return true;
      }
      if (System.nanoTime() - deadline >= 0) {
        throw underWay
            ? stillThere(id, limit)
            : DockerErrors.refused("remove the container of sandbox " + id, answer);
      }
      wait = Math.min(2 * wait, LONGEST_WAIT_MILLIS);
    }
  }

  /** What Docker 20.10 to 29 say when they could do it a moment later. */
  private static boolean isTooBusyToRemove(Answer answer) {
    String said = answer.message().toLowerCase(Locale.ROOT);
    return said.contains("did not receive an exit event")
        || said.contains("device or resource busy")
        || said.contains("is already in progress");
  }

  private boolean isGoneWithin(long millis, String id) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (!engine.get("/containers/" + name(id) + "/json").notFound()) {
      if (System.nanoTime() - end >= 0) {
        return false;
      }
      sleep(POLL_MILLIS, "waiting for a container to end");
    }
    return true;
  }

  private static SandboxTimeoutException stillThere(String id, Duration limit) {
    return new SandboxTimeoutException(
        "the Docker daemon is still removing the container of sandbox %s after %d seconds"
            .formatted(id, limit.toSeconds()),
        ErrorDetails.at(DockerSandboxProviderFactory.NAME, id)
            .withRemedy("try again later; see the Docker daemon's own log"));
  }

  /**
   * Stops everything in a container, or lets it go on. The kernel does not always get hold of all
   * processes of a busy one at once; the daemon is asked again for ten seconds then.
   */
  void pause(String id, boolean paused) {
    pause(id, paused, FREEZE_LIMIT);
  }

  void pause(String id, boolean paused, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    long wait = FREEZE_POLL_MILLIS;
    while (true) {
      Answer answer =
          engine.post(
              "/containers/%s/%s".formatted(name(id), paused ? "pause" : "unpause"), Engine.SHORT);
      SandboxState wanted = paused ? SandboxState.STOPPED : SandboxState.RUNNING;
      if (answer.ok() || find(id).filter(now -> now.state() == wanted).isPresent()) {
        return; // also when it was so before
      }
      boolean busy = answer.message().toLowerCase(Locale.ROOT).contains("freez");
      if (!busy || System.nanoTime() - deadline >= 0) {
        throw unchanged(id, paused, busy, answer);
      }
      LOG.debug("container {} is busy: {}", name(id), answer.message());
      sleep(wait, "waiting to pause a busy container");
      wait = Math.min(2 * wait, LONGEST_FREEZE_POLL_MILLIS);
    }
  }

  private static SandboxException unchanged(
      String id, boolean paused, boolean busy, Answer answer) {
    String doing = paused ? "pause the sandbox" : "resume the sandbox";
    ErrorDetails details =
        ErrorDetails.at(DockerSandboxProviderFactory.NAME, id).withStatus(answer.status());
    if (busy) {
      return new SandboxStateException(
          "cannot %s: it is too busy: %s".formatted(doing, answer.message()),
          details.withRemedy("try again when it starts fewer processes, or end some of them"));
    }
    return answer.conflict()
        ? new SandboxStateException(
            "cannot %s: %s".formatted(doing, answer.message()),
            details.withRemedy("look at its state with `ds list`"))
        : DockerErrors.refused(doing, answer);
  }

  private static void sleep(long millis, String doing) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException(doing, e);
    }
  }

  /** Runs the guest's other half in a container: a way to its socket. */
  ProgramStream connect(String id) {
    ObjectNode exec = JsonMapper.shared().createObjectNode();
    exec.put("AttachStdin", true).put("AttachStdout", true).put("AttachStderr", true);
    exec.putArray("Cmd").add(ContainerRequest.GUEST).add("connect").add(ContainerRequest.SOCKET);
    Answer answer = engine.call("POST", "/containers/" + name(id) + "/exec", exec, Engine.SHORT);
    if (!answer.ok()) {
      throw DockerErrors.refused("reach the guest", answer);
    }
    ObjectNode start = JsonMapper.shared().createObjectNode();
    start.put("Detach", false).put("Tty", false);
    String started = answer.json().path("Id").asString("");
    return new ProgramStream(engine.attach("/exec/" + started + "/start", start));
  }

  /** What it uses, in the daemon's words. */
  JsonNode stats(String id) {
    Answer answer = engine.get("/containers/" + name(id) + "/stats?stream=false&one-shot=true");
    if (!answer.ok()) {
      throw DockerErrors.refused("see what the sandbox uses", answer);
    }
    return answer.json();
  }

  /** How much its files differ from its image's, in bytes. */
  long written(String id) {
    Answer answer = engine.get("/containers/" + name(id) + "/json?size=true");
    if (!answer.ok()) {
      throw DockerErrors.refused("see what the sandbox uses", answer);
    }
    return Math.max(0, answer.json().path("SizeRw").asLong(0));
  }

  /**
   * A container that is a sandbox.
   *
   * @param labels what it carries
   * @param state of the sandbox
   * @param pid of its first process, as the daemon's machine sees it; 0 when it was only listed
   */
  record Container(ContainerLabels labels, SandboxState state, long pid) {
    static Optional<Container> inspected(JsonNode json) {
      JsonNode state = json.path("State");
      return ContainerLabels.read(json.path("Config").path("Labels"))
          .map(labels ->
              new Container(
                  labels, of(state.path("Status").asString("")), state.path("Pid").asLong(0)));
    }

    static Optional<Container> listed(JsonNode json) {
      return ContainerLabels.read(json.path("Labels"))
          .map(labels -> new Container(labels, of(json.path("State").asString("")), 0));
    }

    private static SandboxState of(String status) {
      return switch (status) {
        case "created", "configured", "initialized" -> SandboxState.CREATING;
        case "running" -> SandboxState.RUNNING;
        case "paused" -> SandboxState.STOPPED;
        default -> SandboxState.TERMINATED; // it ended, and is being removed
      };
    }

    boolean alive() {
      return state == SandboxState.RUNNING || state == SandboxState.STOPPED;
    }
  }
}
