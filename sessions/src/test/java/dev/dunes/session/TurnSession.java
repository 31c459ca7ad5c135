package dev.dunes.session;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.UniversalItem;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import tools.jackson.databind.node.JsonNodeFactory;

/** What {@link TurnAgent} opens: one process for each message. */
final class TurnSession implements AgentSession {
  private static final Object END = new Object();

  private final Sandbox sandbox;
  private final AgentOptions options;
  private final LinkedBlockingQueue<Object> started = new LinkedBlockingQueue<>();
  private final Deque<AgentOutput> ready = new ArrayDeque<>();
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private volatile RunningCommand command;
  private volatile boolean interrupted;
  private RunningCommand reading;
  private int items;

  TurnSession(Sandbox sandbox, AgentOptions options) {
    this.sandbox = sandbox;
    this.options = options;
  }

  @Override
  public void send(Prompt prompt) {
    interrupted = false;
    command =
        sandbox.start(
            Command.builder("/bin/sh", "-c", prompt.text())
                .workingDir(options.workingDir())
                .openStdin()
                .env(options.env())
                .env("RESUMED", options.resume().orElse(""))
                .build());
    started.add(command);
  }

  @Override
  public Optional<AgentOutput> next() {
    try {
      while (ready.isEmpty()) {
        if (reading == null) {
          Object next = started.take();
          if (next == END) {
            return Optional.empty();
          }
          reading = (RunningCommand) next;
        }
        Optional<OutputChunk> chunk = reading.take();
        if (chunk.isEmpty()) {
          if (!interrupted) {
            return Optional.empty();
          }
          reading = null;
          ready.add(ended(false, "interrupted"));
        } else if (chunk.get().channel() == Channel.STDERR) {
          ready.add(
              new AgentOutput.Diagnostics(new String(chunk.get().data(), StandardCharsets.UTF_8)));
        } else {
          for (byte b : chunk.get().data()) {
            add(b);
          }
        }
      }
      return Optional.of(ready.removeFirst());
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for a message", e);
    }
  }

  private void add(byte b) {
    if (b != '\n') {
      line.write(b);
      return;
    }
    String text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    if (text.equals("done")) {
      reading = null;
      ready.add(ended(true, "success"));
    } else if (text.startsWith("say ")) {
      ready.add(said(text.substring(4)));
    } else if (text.startsWith("ask ")) {
      ready.add(
          new AgentOutput.Ask(
              new AgentEvent.PermissionRequested(
                  text.substring(4),
                  "shell",
                  AgentEvent.PermissionStatus.REQUESTED,
                  Optional.of(JsonNodeFactory.instance.objectNode().put("command", "ls")))));
    } else {
      ready.add(new AgentOutput.Text(text));
    }
  }

  private static AgentOutput ended(boolean success, String reason) {
    return new AgentOutput.TurnEnded(
        new TurnOutcome(success, reason, Optional.empty(), Optional.empty(), 1, 0.5));
  }

  private AgentOutput said(String words) {
    byte[] raw = ("\"" + words + "\"").getBytes(StandardCharsets.UTF_8);
    return new AgentOutput.Message(
        raw,
        JsonNodeFactory.instance.stringNode(words),
        List.of(
            new AgentEvent.ItemCompleted(
                new UniversalItem(
                    "",
                    Optional.of("m" + ++items),
                    Optional.empty(),
                    UniversalItem.Kind.MESSAGE,
                    Optional.of(UniversalItem.Role.ASSISTANT),
                    List.of(new ContentPart.Text(words)),
                    UniversalItem.Status.COMPLETED))));
  }

  @Override
  public Optional<String> nativeSessionId() {
    return Optional.of("native-1");
  }

  @Override
  public void answerPermission(String permissionId, PermissionReply reply) {
    if (permissionId.startsWith("deaf")) {
      throw new AgentException("agent_stuck", "the agent does not listen", "wait", null);
    }
    try {
      command.stdin().write((permissionId + " " + reply + "\n").getBytes(StandardCharsets.UTF_8));
      command.stdin().flush();
    } catch (IOException e) {
      throw new AgentException("agent_ended", "it is gone", null, e);
    }
  }

  @Override
  public void answerQuestion(String questionId, List<List<String>> answers) {
    throw new UnsupportedOperationException("it asks for permissions only");
  }

  @Override
  public void rejectQuestion(String questionId) {
    throw new UnsupportedOperationException("it asks for permissions only");
  }

  @Override
  public void interrupt() {
    interrupted = true;
    if (command != null) {
      command.close();
    }
  }

  @Override
  public void endInput() {
    started.add(END);
  }

  @Override
  public AgentExit waitFor() {
    if (command == null) {
      return new AgentExit(0, false);
    }
    CommandExit exit = command.waitFor();
    return new AgentExit(exit.exitCode(), exit.outOfMemory());
  }

  @Override
  public void close() {
    started.add(END);
    if (command != null) {
      command.close();
    }
  }
}
