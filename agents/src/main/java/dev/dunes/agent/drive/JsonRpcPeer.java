package dev.dunes.agent.drive;

import dev.dunes.agent.AgentException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Our end of a JSON-RPC 2.0 connection with an agent that writes one object a line. It has no
 * thread: whoever reads the agent's lines gives them to {@link #receive}, and calls {@link #expire}
 * when {@link #untilExpiry} has passed. Both ends number their requests for themselves. Safe for
 * use by several threads; what waits for a reply runs in the thread that reads.
 *
 * <p>The field {@code jsonrpc} is optional in what comes. A request that is not served is answered
 * at once, so that the agent never waits in vain. Requests that are open are bounded on both ends.
 */
public final class JsonRpcPeer {
  /** JSON-RPC's code for a method there is not. */
  public static final int METHOD_NOT_FOUND = -32601;

  /** JSON-RPC's code for a failure of who is asked. */
  public static final int INTERNAL_ERROR = -32603;

  private static final int CALLS_LIMIT = 256;
  private static final int REQUESTS_LIMIT = 200;

  private final Consumer<String> write;
  private final boolean versioned;
  private final Predicate<String> served;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Long, Call> calls = new HashMap<>();
  private final Set<String> requests = new HashSet<>();
  private long last;
  private boolean closed;

  private record Call(@Nullable Long deadline, Consumer<JsonRpcReply> then) {}

  /**
   * @param write sends a line
   * @param versioned whether what we send says {@code "jsonrpc":"2.0"}
   * @param served the methods of the agent's requests that somebody will answer
   */
  public JsonRpcPeer(Consumer<String> write, boolean versioned, Predicate<String> served) {
    this.write = write;
    this.versioned = versioned;
    this.served = served;
  }

  /**
   * Sends a request.
   *
   * @param limit how long to wait for the reply; empty: as long as the agent lives
   * @param then gets the reply, exactly once
   * @throws AgentException {@code agent_stuck} when too many requests have no reply yet, {@code
   *     agent_ended} when it does not listen any more; {@code then} gets nothing
   */
  public void call(
      String method, JsonNode params, Optional<Duration> limit, Consumer<JsonRpcReply> then) {
    lock.lock();
    try {
      if (closed) {
        throw new AgentException("agent_ended", "the agent does not listen any more", null, null);
      }
      if (calls.size() >= CALLS_LIMIT) {
        throw new AgentException(
            "agent_stuck",
            "the agent has not answered %d requests".formatted(CALLS_LIMIT),
            "end the session",
            null);
      }
      long id = ++last;
      ObjectNode message = message().put("id", id).put("method", method);
      message.set("params", params);
      write.accept(message.toString());
      Long deadline = limit.map(time -> System.nanoTime() + time.toNanos()).orElse(null);
      calls.put(id, new Call(deadline, then));
    } finally {
      lock.unlock();
    }
  }

  /** Sends a notification. */
  public void tell(String method, Optional<JsonNode> params) {
    ObjectNode message = message().put("method", method);
    params.ifPresent(value -> message.set("params", value));
    write.accept(message.toString());
  }

  /**
   * Answers a request of the agent.
   *
   * @return whether it was open; a request is answered once
   */
  public boolean answer(JsonNode id, JsonNode result) {
    return reply(id, message -> message.set("result", result));
  }

  /**
   * Answers a request of the agent with an error.
   *
   * @return whether it was open
   */
  public boolean refuse(JsonNode id, int code, String why) {
    return reply(id, message -> message.putObject("error").put("code", code).put("message", why));
  }

  /**
   * The agent no longer waits for the answer to a request of its own.
   *
   * @return whether it did
   */
  public boolean forget(JsonNode id) {
    lock.lock();
    try {
      return requests.remove(id.toString());
    } finally {
      lock.unlock();
    }
  }

  private boolean reply(JsonNode id, Consumer<ObjectNode> content) {
    lock.lock();
    try {
      if (!requests.remove(id.toString())) {
        return false;
      }
      writeReply(id, content);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void writeReply(JsonNode id, Consumer<ObjectNode> content) {
    ObjectNode message = message();
    message.set("id", id);
    content.accept(message);
    write.accept(message.toString());
  }

  private ObjectNode message() {
    return versioned ? Json.object().put("jsonrpc", "2.0") : Json.object();
  }

  /** Takes a message of the agent; what it is, when somebody has to look at it. */
  public JsonRpcMessage receive(JsonNode message) {
    Optional<String> method = Json.text(message, "method");
    Optional<JsonNode> id = Json.value(message, "id").filter(JsonNode::isValueNode);
    JsonNode params = Json.value(message, "params").orElseGet(Json::object);
    if (method.isPresent() && id.isPresent()) {
      return requested(id.get(), method.get(), params);
    }
    if (method.isPresent()) {
      return new JsonRpcMessage.Notification(method.get(), params);
    }
    if (id.isPresent() && (message.has("result") || message.has("error"))) {
      replied(id.get(), message);
      return new JsonRpcMessage.Done();
    }
    return new JsonRpcMessage.Unknown();
  }

  private JsonRpcMessage requested(JsonNode id, String method, JsonNode params) {
    lock.lock();
    try {
      if (!served.test(method)) {
        writeReply(id, error(METHOD_NOT_FOUND, "method not found: " + method));
        return new JsonRpcMessage.Done();
      }
      if (requests.contains(id.toString()) || requests.size() >= REQUESTS_LIMIT) {
        writeReply(id, error(INTERNAL_ERROR, "too many requests, or the same one twice"));
        return new JsonRpcMessage.Done();
      }
      requests.add(id.toString());
      return new JsonRpcMessage.Request(id, method, params);
    } finally {
      lock.unlock();
    }
  }

  private static Consumer<ObjectNode> error(int code, String why) {
    return message -> message.putObject("error").put("code", code).put("message", why);
  }

  private void replied(JsonNode id, JsonNode message) {
    Call call;
    lock.lock();
    try {
      call = id.isIntegralNumber() ? calls.remove(id.asLong(0)) : null;
    } finally {
      lock.unlock();
    }
    if (call != null) {
      call.then().accept(reply(message));
    }
  }

  private static JsonRpcReply reply(JsonNode message) {
    Optional<JsonNode> error = Json.value(message, "error");
    if (error.isPresent()) {
      return new JsonRpcReply.Failure(
          Json.number(error.get(), "code"),
          Json.text(error.get(), "message", "no reason given"),
          Json.value(error.get(), "data"));
    }
    return new JsonRpcReply.Result(Json.value(message, "result").orElseGet(Json::object));
  }

  /** How long until a request of ours has waited too long; empty when none can. */
  public Optional<Duration> untilExpiry() {
    lock.lock();
    try {
      return calls.values().stream()
          .flatMap(call -> Optional.ofNullable(call.deadline()).stream())
          .map(deadline -> Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))
          .min(Duration::compareTo);
    } finally {
      lock.unlock();
    }
  }

  /** Gives up the requests that have waited too long. */
  public void expire() {
    long now = System.nanoTime();
    give(
        new JsonRpcReply.None("the agent did not answer in time"),
        call -> {
          Long deadline = call.deadline();
          return deadline != null && now - deadline >= 0;
        });
  }

  /** The agent is gone: no request of ours will be answered, none of its will be. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      requests.clear();
    } finally {
      lock.unlock();
    }
    give(new JsonRpcReply.None("the agent has ended"), call -> true);
  }

  private void give(JsonRpcReply reply, Predicate<Call> which) {
    List<Call> chosen = new ArrayList<>();
    lock.lock();
    try {
      calls
          .values()
          .removeIf(call -> {
            boolean taken = which.test(call);
            if (taken) {
              chosen.add(call);
            }
            return taken;
          });
    } finally {
      lock.unlock();
    }
    chosen.forEach(call -> call.then().accept(reply));
  }
}
