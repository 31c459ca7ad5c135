package dev.dunes.server.e2b.connect;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Messages as protocol buffers. Unknown fields are left out; zeros are not sent. E2B wire 2.7. */
final class ProtoCodec {
  private static final int SECONDS = 1;
  private static final int NANOS = 2;
  private static final int KEY = 1;
  private static final int VALUE = 2;

  private ProtoCodec() {}

  static byte[] write(Message message) {
    ProtoWriter out = new ProtoWriter();
    for (Field field : message.schema().fields()) {
      Object value = message.value(field);
      if (value instanceof List<?> list) {
        list.forEach(each -> writeValue(out, field, each));
      } else if (value != null && (field.explicit() || !Zeros.isZero(value))) {
        writeValue(out, field, value);
      }
    }
    return out.toBytes();
  }

  private static void writeValue(ProtoWriter out, Field field, Object value) {
    int number = field.number();
    switch (field.type()) {
      case STRING -> out.text(number, (String) value);
      case BYTES -> out.bytes(number, (byte[]) value);
      case BOOL -> out.varint(number, ((Boolean) value) ? 1 : 0);
      case UINT32, INT64, ENUM -> out.varint(number, (Long) value);
      case SINT32 -> {
        int n = ((Long) value).intValue();
        out.varint(number, Integer.toUnsignedLong(n << 1 ^ n >> 31));
      }
      case MESSAGE -> out.bytes(number, write((Message) value));
      case TIMESTAMP -> {
        Instant instant = (Instant) value;
        ProtoWriter part = new ProtoWriter();
        if (instant.getEpochSecond() != 0) {
          part.varint(SECONDS, instant.getEpochSecond());
        }
        if (instant.getNano() != 0) {
          part.varint(NANOS, instant.getNano());
        }
        out.bytes(number, part.toBytes());
      }
      case MAP ->
          ((Map<?, ?>) value)
              .forEach((key, mapped) -> {
                ProtoWriter entry = new ProtoWriter();
                entry.text(KEY, (String) key);
                entry.text(VALUE, (String) mapped);
                out.bytes(number, entry.toBytes());
              });
    }
  }

  static Message read(Schema schema, byte[] data) throws MalformedMessageException {
    Message message = new Message(schema);
    read(message, new ProtoReader(data));
    return message;
  }

  private static void read(Message message, ProtoReader in) throws MalformedMessageException {
    while (in.hasMore()) {
      int tag = in.tag();
      Field field = message.schema().byNumber(tag >>> 3).orElse(null);
      if (field == null || (tag & 7) != wireType(field)) {
        in.skip(tag);
      } else if (field.repeated()) {
        List<Object> all = new ArrayList<>();
        if (message.value(field) instanceof List<?> before) {
          all = mutable(before);
        }
        room(all.size(), field);
        all.add(readValue(message, field, in));
        message.set(field, all);
      } else {
        message.set(field, readValue(message, field, in));
      }
    }
  }

  /** The list itself: what was put into a message by this codec can be changed. */
  @SuppressWarnings("unchecked") // made above, as a list of anything
  private static List<Object> mutable(List<?> list) {
    return (List<Object>) list;
  }

  @SuppressWarnings("unchecked") // as above
  private static Map<String, String> mutable(Map<?, ?> map) {
    return (Map<String, String>) map;
  }

  private static void room(int size, Field field) throws MalformedMessageException {
    if (size >= Message.MOST_ENTRIES) {
      throw Message.tooMany(field.name());
    }
  }

  private static int wireType(Field field) {
    return switch (field.type()) {
      case BOOL, UINT32, SINT32, INT64, ENUM -> ProtoReader.VARINT;
      case STRING, BYTES, MESSAGE, TIMESTAMP, MAP -> ProtoReader.LENGTH;
    };
  }

  private static Object readValue(Message message, Field field, ProtoReader in)
      throws MalformedMessageException {
    return switch (field.type()) {
      case STRING -> in.text();
      case BYTES -> in.bytes();
      case BOOL -> in.varint() != 0;
      case UINT32 -> in.varint() & 0xFFFF_FFFFL;
      case INT64 -> in.varint();
      case ENUM -> (long) (int) in.varint();
      case SINT32 -> {
        int n = (int) in.varint();
        yield (long) (n >>> 1 ^ -(n & 1));
      }
      case MESSAGE -> {
        // A message that comes twice is one, as protocol buffers want it.
        Message part =
            !field.repeated() && message.value(field) instanceof Message before
                ? before
                : new Message(field.message().orElseThrow());
        read(part, in.message());
        yield part;
      }
      case TIMESTAMP -> timestamp(in.message());
      case MAP -> {
        Map<String, String> all = new LinkedHashMap<>();
        if (message.value(field) instanceof Map<?, ?> before) {
          all = mutable(before); // a copy for each entry would take the square of their number
        }
        room(all.size(), field);
        entry(in.message(), all);
        yield all;
      }
    };
  }

  private static void entry(ProtoReader in, Map<String, String> all)
      throws MalformedMessageException {
    String key = "";
    String value = "";
    while (in.hasMore()) {
      int tag = in.tag();
      if (tag == (KEY << 3 | ProtoReader.LENGTH)) {
        key = in.text();
      } else if (tag == (VALUE << 3 | ProtoReader.LENGTH)) {
        value = in.text();
      } else {
        in.skip(tag);
      }
    }
    all.put(key, value);
  }

  private static Instant timestamp(ProtoReader in) throws MalformedMessageException {
    long seconds = 0;
    long nanos = 0;
    while (in.hasMore()) {
      int tag = in.tag();
      if (tag == SECONDS << 3) {
        seconds = in.varint();
      } else if (tag == NANOS << 3) {
        nanos = (int) in.varint();
      } else {
        in.skip(tag);
      }
    }
    try {
      return Instant.ofEpochSecond(seconds, nanos);
    } catch (DateTimeException | ArithmeticException e) {
      throw new MalformedMessageException("a time that cannot be");
    }
  }
}
