package dev.dunes.provider.modal;

import dev.dunes.provider.cloud.ClearingAway;
import dev.dunes.provider.cloud.VendorList;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What is asked of the control plane about sandboxes, in both dialects. Cloud providers 2.2. */
final class ModalApi implements AutoCloseable {
  /** What only the first dialect calls so. */
  private static final Pattern FIRST = Pattern.compile("sb-[A-Za-z0-9]{22}");

  private static final int CREATE_IF_MISSING = 1;
  private static final int EPHEMERAL = 5;
  private static final Duration CREATE_LIMIT = Duration.ofMinutes(3);
  private static final Duration TASK_LIMIT = Duration.ofMinutes(21);
  private static final Duration TASK_PAUSE = Duration.ofMillis(500);

  final ControlPlane control;
  final Images images;
  private volatile String app = "";

  ModalApi(ModalSettings settings) {
    this.control = new ControlPlane(settings);
    this.images = new Images(control);
  }

  /**
   * How a sandbox and its task are reached.
   *
   * @param task in which commands run
   * @param router its address
   * @param jwt for its router; never shown
   */
  record Access(String task, String router, String jwt) {
    @Override
    public String toString() {
      return "Access[task=%s]".formatted(task);
    }
  }

  /** What was made: with access when the answer had it. */
  record Made(String id, Optional<Access> access) {}

  static boolean second(String id) {
    return !FIRST.matcher(id).matches();
  }

  private static String method(String name, String id) {
    return second(id) ? name + "V2" : name;
  }

  private String environment() {
    return control.settings.environment().orElse("");
  }

  /** The app our sandboxes are in. */
  String app() {
    String known = app;
    if (known.isEmpty()) {
      WireFields request =
          new WireFields()
              .text(1, control.settings.app())
              .text(2, environment())
              .number(3, CREATE_IF_MISSING);
      known = control.call("AppGetOrCreate", request).text(1);
      app = known;
    }
    return known;
  }

  // ---- making and ending ----

  Made create(
      WireFields definition, Map<String, String> env, Map<String, String> tags, boolean second) {
    String in = app();
    if (!second) {
      if (!env.isEmpty()) {
        WireFields secret = new WireFields().number(4, EPHEMERAL).map(5, env);
        definition.text(4, control.call("SecretGetOrCreate", secret).text(1));
      }
      WireFields request = tags(new WireFields().text(1, in).message(2, definition), 4, tags);
      return new Made(make("SandboxCreate", request).text(1), Optional.empty());
    }
    WireFields request = tags(new WireFields().text(1, in).message(2, definition), 4, tags);
    if (!env.isEmpty()) {
      request.message(6, new WireFields().message(2, new WireFields().map(1, env)));
    }
    WireMessage answer = make("SandboxCreateV2", request);
    WireMessage access = answer.message(5);
    return new Made(
        answer.text(1),
        answer.text(3).isEmpty() || access.text(2).isEmpty()
            ? Optional.empty()
            : Optional.of(access(answer.text(3), access)));
  }

  /**
   * When nobody knows what became of the request it is sent once more: the vendor then says which
   * sandbox it has made, or is still making, and that one is ended.
   */
  private WireMessage make(String method, WireFields request) {
    String key = ControlPlane.newKey();
    try {
      return control.make(method, request, CREATE_LIMIT, key);
    } catch (SandboxException e) {
      int status = e.statusCode().orElse(0);
      if (status < 400 || status >= 500) {
        ClearingAway.run(() -> {
          try {
            terminate(control.make(method, request, CREATE_LIMIT, key).text(1));
          } catch (SandboxException left) {
            e.addSuppressed(left);
          }
        });
      }
      throw e;
    }
  }

  private Access access(String task, WireMessage access) {
    // has the fields jwt=1 and url=2 wherever it is sent
    control.secrets.addPassing(access.text(1));
    return new Access(task, access.text(2), access.text(1));
  }

  /** False when it did not exist, or had ended before. */
  boolean terminate(String id) {
    try {
      WireMessage answer =
          control.call(method("SandboxTerminate", id), new WireFields().text(1, id), id);
      return answer.message(1).number(1) == 0;
    } catch (SandboxNotFoundException e) {
      return false;
    }
  }

  // ---- looking ----

  /** How it ended; empty while it runs. Throws when there is none. */
  Optional<WireMessage> result(String id) {
    WireFields request = new WireFields().text(1, id).floating(2, 0f);
    WireMessage result = control.call(method("SandboxWait", id), request, id).message(1);
    return Optional.of(result).filter(each -> each.number(1) != 0);
  }

  Map<String, String> tags(String id) {
    return tags(control.call(method("SandboxTagsGet", id), new WireFields().text(1, id), id), 1);
  }

  /** Replaces all of them. */
  void tag(String id, Map<String, String> tags) {
    WireFields request = new WireFields().text(2, id);
    if (!second(id)) {
      request.text(1, environment());
    }
    control.call(method("SandboxTagsSet", id), tags(request, 3, tags), id);
  }

  /** All of our app that carry these tags, each once. */
  List<WireMessage> list(Map<String, String> tags, boolean finished, boolean second) {
    String in = app();
    Set<String> seen = new HashSet<>();
    List<WireMessage> all = new ArrayList<>();
    double before = 0;
    VendorList list = new VendorList(ModalSandboxProviderFactory.NAME);
    while (true) {
      WireFields request = new WireFields().text(1, in).flag(4, finished);
      if (before > 0) {
        request.floating(2, before);
      }
      if (!environment().isEmpty()) {
        request.text(3, environment());
      }
      WireMessage answer =
          control.call(second ? "SandboxListV2" : "SandboxList", tags(request, 5, tags));
      boolean any = false;
      for (WireMessage each : answer.messages(1)) {
        before = each.floating(3);
        if (seen.add(each.text(1))) {
          any = true;
          all.add(each);
        }
      }
      if (!any) {
        return all;
      }
      list.took(answer.size());
    }
  }

  private static WireFields tags(WireFields message, int field, Map<String, String> tags) {
    tags.forEach(
        (name, value) -> message.message(field, new WireFields().text(1, name).text(2, value)));
    return message;
  }

  static Map<String, String> tags(WireMessage message, int field) {
    Map<String, String> tags = new LinkedHashMap<>();
    message.messages(field).forEach(tag -> tags.put(tag.text(1), tag.text(2)));
    return tags;
  }

  // ---- its task ----

  /** Waits until it has a task, where commands can run. */
  Access access(String id) {
    String task = task(id);
    WireMessage access =
        second(id)
            ? control.call("SandboxGetCommandRouterAccess", new WireFields().text(1, id), id)
            : control.call("TaskGetCommandRouterAccess", new WireFields().text(1, task), id);
    return access(task, access);
  }

  private String task(String id) {
    long end = System.nanoTime() + TASK_LIMIT.toNanos();
    while (true) {
      WireMessage answer =
          control.call(method("SandboxGetTaskId", id), new WireFields().text(1, id), id);
      if (answer.message(2).number(1) != 0) {
        throw ended(id, control.secrets.clean(answer.message(2).text(2)));
      }
      if (!answer.text(1).isEmpty()) {
        return answer.text(1);
      }
      if (System.nanoTime() - end > 0) {
        throw new SandboxTimeoutException(
            "the sandbox did not start within %d minutes".formatted(TASK_LIMIT.toMinutes()),
            ErrorDetails.at(ModalSandboxProviderFactory.NAME, id)
                .withRemedy("try again; see the provider's status page"));
      }
      ControlPlane.pause(TASK_PAUSE);
    }
  }

  static SandboxException ended(String id, String why) {
    return new SandboxNotFoundException(
        "sandbox '%s' has ended%s".formatted(id, why.isEmpty() ? "" : ": " + why),
        ErrorDetails.at(ModalSandboxProviderFactory.NAME, id)
            .withRemedy("`ds list` shows what there is"));
  }

  @Override
  public void close() {
    control.close();
  }
}
