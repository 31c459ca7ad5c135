package dev.dunes.server.e2b.envd;

import dev.dunes.server.e2b.connect.EnumType;
import dev.dunes.server.e2b.connect.Field;
import dev.dunes.server.e2b.connect.FieldType;
import dev.dunes.server.e2b.connect.Message;
import dev.dunes.server.e2b.connect.Schema;
import java.util.Map;

/** The messages of {@code process.Process}, with their numbers. E2B wire 2.8. */
final class ProcessMessages {
  static final long SIGKILL = 9;
  static final long SIGTERM = 15;

  static final Schema EMPTY = Schema.of("Empty");

  static final Schema CONFIG =
      Schema.of(
          "ProcessConfig",
          Field.of(1, "cmd", FieldType.STRING),
          Field.of(2, "args", FieldType.STRING).list(),
          Field.of(3, "envs", FieldType.MAP),
          Field.of(4, "cwd", FieldType.STRING).optional());

  static final Schema SIZE =
      Schema.of(
          "Size", Field.of(1, "cols", FieldType.UINT32), Field.of(2, "rows", FieldType.UINT32));

  static final Schema PTY = Schema.of("PTY", Field.of(1, "size", SIZE));

  static final Schema SELECTOR =
      Schema.of(
          "ProcessSelector",
          Field.of(1, "pid", FieldType.UINT32).in("selector"),
          Field.of(2, "tag", FieldType.STRING).in("selector"));

  static final Schema INPUT =
      Schema.of(
          "ProcessInput",
          Field.of(1, "stdin", FieldType.BYTES).in("input"),
          Field.of(2, "pty", FieldType.BYTES).in("input"));

  static final Schema START_REQUEST =
      Schema.of(
          "StartRequest",
          Field.of(1, "process", CONFIG),
          Field.of(2, "pty", PTY),
          Field.of(3, "tag", FieldType.STRING).optional(),
          Field.of(4, "stdin", FieldType.BOOL).optional());

  static final Schema CONNECT_REQUEST =
      Schema.of("ConnectRequest", Field.of(1, "process", SELECTOR));

  static final Schema START_EVENT = Schema.of("StartEvent", Field.of(1, "pid", FieldType.UINT32));

  static final Schema DATA_EVENT =
      Schema.of(
          "DataEvent",
          Field.of(1, "stdout", FieldType.BYTES).in("output"),
          Field.of(2, "stderr", FieldType.BYTES).in("output"),
          Field.of(3, "pty", FieldType.BYTES).in("output"));

  static final Schema END_EVENT =
      Schema.of(
          "EndEvent",
          Field.of(1, "exitCode", FieldType.SINT32),
          Field.of(2, "exited", FieldType.BOOL),
          Field.of(3, "status", FieldType.STRING),
          Field.of(4, "error", FieldType.STRING).optional());

  static final Schema KEEPALIVE = Schema.of("KeepAlive");

  static final Schema PROCESS_EVENT =
      Schema.of(
          "ProcessEvent",
          Field.of(1, "start", START_EVENT).in("event"),
          Field.of(2, "data", DATA_EVENT).in("event"),
          Field.of(3, "end", END_EVENT).in("event"),
          Field.of(4, "keepalive", KEEPALIVE).in("event"));

  /** {@code StartResponse} and {@code ConnectResponse}. */
  static final Schema EVENT_RESPONSE =
      Schema.of("EventResponse", Field.of(1, "event", PROCESS_EVENT));

  static final Schema PROCESS_INFO =
      Schema.of(
          "ProcessInfo",
          Field.of(1, "config", CONFIG),
          Field.of(2, "pid", FieldType.UINT32),
          Field.of(3, "tag", FieldType.STRING).optional());

  static final Schema LIST_RESPONSE =
      Schema.of("ListResponse", Field.of(1, "processes", PROCESS_INFO).list());

  static final Schema UPDATE_REQUEST =
      Schema.of("UpdateRequest", Field.of(1, "process", SELECTOR), Field.of(2, "pty", PTY));

  static final Schema SEND_INPUT_REQUEST =
      Schema.of("SendInputRequest", Field.of(1, "process", SELECTOR), Field.of(2, "input", INPUT));

  static final Schema STREAM_INPUT_REQUEST =
      Schema.of(
          "StreamInputRequest",
          Field.of(1, "start", Schema.of("StreamInputStart", Field.of(1, "process", SELECTOR)))
              .in("event"),
          // The number 1 is not used here.
          Field.of(2, "data", Schema.of("StreamInputData", Field.of(2, "input", INPUT)))
              .in("event"),
          Field.of(3, "keepalive", KEEPALIVE).in("event"));

  static final Schema SEND_SIGNAL_REQUEST =
      Schema.of(
          "SendSignalRequest",
          Field.of(1, "process", SELECTOR),
          Field.of(
              2,
              "signal",
              new EnumType(
                  Map.of(
                      "SIGNAL_UNSPECIFIED", 0L,
                      "SIGNAL_SIGKILL", SIGKILL,
                      "SIGNAL_SIGTERM", SIGTERM))));

  static final Schema CLOSE_STDIN_REQUEST =
      Schema.of("CloseStdinRequest", Field.of(1, "process", SELECTOR));

  private ProcessMessages() {}

  /** An answer with one event. */
  static Message event(String name, Message value) {
    return new Message(EVENT_RESPONSE).set("event", new Message(PROCESS_EVENT).set(name, value));
  }
}
