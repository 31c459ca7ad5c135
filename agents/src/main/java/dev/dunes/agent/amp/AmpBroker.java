package dev.dunes.agent.amp;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.OpenAsks;
import dev.dunes.agent.drive.RawOutput;
import dev.dunes.sandbox.SandboxException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Asks the user what Amp leaves to a program: each call of a tool is a process that waits at our
 * broker in the sandbox. That a tool is always allowed is remembered here: Amp itself has no word
 * for it.
 */
final class AmpBroker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AmpBroker.class);
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  /** An agent that has more questions open is not asking. */
  private static final int OPEN_LIMIT = 200;

  private final AgentProcess process;
  private final OpenAsks asks;
  private final Set<String> always = ConcurrentHashMap.newKeySet();
  private final Set<String> open = ConcurrentHashMap.newKeySet();
  private final CountDownLatch ready = new CountDownLatch(1);

  AmpBroker(AgentProcess process, Consumer<AgentEvent> tell) {
    this.process = process;
    this.asks = new OpenAsks(tell);
    Thread.ofVirtual().name("amp-broker").start(this::read);
  }

  /**
   * Waits until it can be asked.
   *
   * @throws AgentException {@code agent_start_failed}
   */
  void awaitReady() {
    try {
      if (ready.await(START_LIMIT.toSeconds(), TimeUnit.SECONDS) && process.isRunning()) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new AgentException(
        "agent_start_failed",
        "what asks for permission does not run in the sandbox",
        "give the sandbox more memory or processor time",
        null);
  }

  private void read() {
    try {
      while (true) {
        RawOutput output = process.take(Optional.empty()).orElseGet(RawOutput.Wake::new);
        switch (output) {
          case RawOutput.Line line -> line(line.bytes());
          case RawOutput.Diagnostics said -> LOG.debug("the broker of Amp said {}", said.text());
          case RawOutput.TooLong _, RawOutput.Wake _ -> {}
          case RawOutput.End _ -> {
            return;
          }
        }
      }
    } catch (SandboxException e) {
      LOG.debug("reading questions was broken off", e);
    } finally {
      ready.countDown();
      endAll();
    }
  }

  private void line(byte[] bytes) {
    JsonNode json;
    try {
      json = Json.MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      LOG.debug("the broker of Amp said something that is no JSON", e);
      return;
    }
    if (Json.flag(json, "ready")) {
      ready.countDown();
    } else if (json.path("ask").isNumber()) {
      asked(Json.number(json, "ask"), json);
    } else if (json.path("gone").isNumber()) {
      String id = id(Json.number(json, "gone"));
      open.remove(id);
      asks.withdrawn(id);
    }
  }

  private void asked(int number, JsonNode json) {
    String tool = Json.text(json, "tool", "");
    if (always.contains(tool)) {
      answer(number, true);
      return;
    }
    String id = id(number);
    if (open.size() >= OPEN_LIMIT) {
      answer(number, false);
      return;
    }
    open.add(id);
    ObjectNode metadata = Json.object().put("tool_name", tool);
    Json.value(json, "call").ifPresent(call -> metadata.set("tool_use_id", call));
    Json.value(json, "input").ifPresent(input -> metadata.set("input", input));
    asks.permission(
        id,
        tool,
        metadata,
        reply -> {
          answer(number, reply != PermissionReply.REJECT);
          open.remove(id);
          if (reply == PermissionReply.ALWAYS) {
            always.add(tool);
          }
        });
  }

  private static String id(int number) {
    return "amp-" + number;
  }

  private void answer(int number, boolean yes) {
    process.write(Json.object().put("answer", number).put("yes", yes).toString());
  }

  void answerPermission(String id, PermissionReply reply) {
    asks.answerPermission(id, reply);
  }

  /** Nobody waits any longer. */
  void endAll() {
    open.clear();
    asks.endAll();
  }

  @Override
  public void close() {
    process.close();
  }
}
