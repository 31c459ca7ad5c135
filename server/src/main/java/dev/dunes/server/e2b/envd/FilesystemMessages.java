package dev.dunes.server.e2b.envd;

import dev.dunes.server.e2b.connect.EnumType;
import dev.dunes.server.e2b.connect.Field;
import dev.dunes.server.e2b.connect.FieldType;
import dev.dunes.server.e2b.connect.Message;
import dev.dunes.server.e2b.connect.Schema;
import java.util.Map;

/** The messages of {@code filesystem.Filesystem}, with their numbers. E2B wire 2.9. */
final class FilesystemMessages {
  static final long TYPE_UNSPECIFIED = 0;
  static final long TYPE_FILE = 1;
  static final long TYPE_DIRECTORY = 2;

  static final long EVENT_CREATE = 1;
  static final long EVENT_WRITE = 2;
  static final long EVENT_REMOVE = 3;
  static final long EVENT_RENAME = 4;
  static final long EVENT_CHMOD = 5;

  private static final EnumType FILE_TYPE =
      new EnumType(
          Map.of(
              "FILE_TYPE_UNSPECIFIED", TYPE_UNSPECIFIED,
              "FILE_TYPE_FILE", TYPE_FILE,
              "FILE_TYPE_DIRECTORY", TYPE_DIRECTORY,
              "FILE_TYPE_SYMLINK", 3L));

  private static final EnumType EVENT_TYPE =
      new EnumType(
          Map.of(
              "EVENT_TYPE_UNSPECIFIED", 0L,
              "EVENT_TYPE_CREATE", EVENT_CREATE,
              "EVENT_TYPE_WRITE", EVENT_WRITE,
              "EVENT_TYPE_REMOVE", EVENT_REMOVE,
              "EVENT_TYPE_RENAME", EVENT_RENAME,
              "EVENT_TYPE_CHMOD", EVENT_CHMOD));

  static final Schema ENTRY =
      Schema.of(
          "EntryInfo",
          Field.of(1, "name", FieldType.STRING),
          Field.of(2, "type", FILE_TYPE),
          Field.of(3, "path", FieldType.STRING),
          Field.of(4, "size", FieldType.INT64),
          Field.of(5, "mode", FieldType.UINT32),
          Field.of(6, "permissions", FieldType.STRING),
          Field.of(7, "owner", FieldType.STRING),
          Field.of(8, "group", FieldType.STRING),
          Field.of(9, "modifiedTime", FieldType.TIMESTAMP),
          Field.of(10, "symlinkTarget", FieldType.STRING).optional(),
          Field.of(11, "metadata", FieldType.MAP));

  /** Stat, MakeDir and Remove. */
  static final Schema PATH_REQUEST =
      Schema.of("PathRequest", Field.of(1, "path", FieldType.STRING));

  static final Schema MOVE_REQUEST =
      Schema.of(
          "MoveRequest",
          Field.of(1, "source", FieldType.STRING),
          Field.of(2, "destination", FieldType.STRING));

  static final Schema LIST_REQUEST =
      Schema.of(
          "ListDirRequest",
          Field.of(1, "path", FieldType.STRING),
          Field.of(2, "depth", FieldType.UINT32));

  static final Schema ENTRY_RESPONSE = Schema.of("EntryResponse", Field.of(1, "entry", ENTRY));

  static final Schema LIST_RESPONSE =
      Schema.of("ListDirResponse", Field.of(1, "entries", ENTRY).list());

  /** WatchDir and CreateWatcher. */
  static final Schema WATCH_REQUEST =
      Schema.of(
          "WatchDirRequest",
          Field.of(1, "path", FieldType.STRING),
          Field.of(2, "recursive", FieldType.BOOL),
          Field.of(3, "includeEntry", FieldType.BOOL),
          Field.of(4, "allowNetworkMounts", FieldType.BOOL));

  static final Schema EVENT =
      Schema.of(
          "FilesystemEvent",
          Field.of(1, "name", FieldType.STRING),
          Field.of(2, "type", EVENT_TYPE),
          Field.of(3, "entry", ENTRY).optional());

  static final Schema WATCH_RESPONSE =
      Schema.of(
          "WatchDirResponse",
          Field.of(1, "start", Schema.of("StartEvent")).in("event"),
          Field.of(2, "filesystem", EVENT).in("event"),
          Field.of(3, "keepalive", Schema.of("KeepAlive")).in("event"));

  static final Schema CREATE_WATCHER_RESPONSE =
      Schema.of("CreateWatcherResponse", Field.of(1, "watcherId", FieldType.STRING));

  /** GetWatcherEvents and RemoveWatcher. */
  static final Schema WATCHER_REQUEST =
      Schema.of("WatcherRequest", Field.of(1, "watcherId", FieldType.STRING));

  static final Schema WATCHER_EVENTS_RESPONSE =
      Schema.of("GetWatcherEventsResponse", Field.of(1, "events", EVENT).list());

  private FilesystemMessages() {}

  /** An answer of WatchDir with one event. */
  static Message watchEvent(String name) {
    return new Message(WATCH_RESPONSE)
        .set(
            name,
            new Message(name.equals("start") ? Schema.of("StartEvent") : Schema.of("KeepAlive")));
  }
}
