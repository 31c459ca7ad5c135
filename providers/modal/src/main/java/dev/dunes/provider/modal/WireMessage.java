package dev.dunes.provider.modal;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A message of protocol buffers that was read. A field that is missing has its type's default; of
 * one that came more often than it should, the last counts. What makes no sense throws a {@link
 * ProviderException}.
 */
final class WireMessage {
  /** Of all fields together; a page of a list has a few thousand. */
  private static final int MOST_FIELDS = 1 << 20;

  /** What came under a field's number: a {@link Long} for numbers, else a {@link ByteBuffer}. */
  private final Map<Integer, List<Object>> fields = new HashMap<>();

  private final int size;

  private WireMessage(int size) {
    this.size = size;
  }

  static WireMessage of(byte[] bytes) {
    return of(ByteBuffer.wrap(bytes));
  }

  private static WireMessage of(ByteBuffer bytes) {
    WireMessage message = new WireMessage(bytes.remaining());
    ByteBuffer in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    try {
      for (int count = 0; in.hasRemaining(); count++) {
        if (count == MOST_FIELDS) {
          throw nonsense("a message of too many fields");
        }
        message.field(in);
      }
      return message;
    } catch (BufferUnderflowException e) {
      throw nonsense("a message that breaks off");
    }
  }

  /** In bytes, as it came. */
  int size() {
    return size;
  }

  private void field(ByteBuffer in) {
    long tag = varint(in);
    long field = tag >>> 3;
    if (field < 1 || field > Integer.MAX_VALUE) {
      throw nonsense("a field that has no number");
    }
    Object value =
        switch ((int) tag & 7) {
          case WireFields.VARINT -> varint(in);
          case WireFields.FIXED64 -> in.getLong();
          case WireFields.FIXED32 -> (long) in.getInt();
          case WireFields.LENGTH -> slice(in, varint(in));
          default -> throw nonsense("a field of no known type");
        };
    fields.computeIfAbsent((int) field, number -> new ArrayList<>(1)).add(value);
  }

  private static ByteBuffer slice(ByteBuffer in, long length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer slice = in.slice(in.position(), (int) length);
    in.position(in.position() + (int) length);
    return slice;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw nonsense("a number of too many bytes");
  }

  boolean has(int field) {
    return fields.containsKey(field);
  }

  String text(int field) {
    return new String(bytes(field), StandardCharsets.UTF_8);
  }

  List<String> texts(int field) {
    return all(field).stream().map(each -> new String(copy(each), StandardCharsets.UTF_8)).toList();
  }

  byte[] bytes(int field) {
    List<Object> values = all(field);
    return values.isEmpty() ? new byte[0] : copy(values.getLast());
  }

  long number(int field) {
    List<Object> values = all(field);
    if (values.isEmpty()) {
      return 0;
    }
    return values.getLast() instanceof Long number ? number : wrongType();
  }

  boolean flag(int field) {
    return number(field) != 0;
  }

  /** A {@code double}. */
  double floating(int field) {
    return Double.longBitsToDouble(number(field));
  }

  /** A {@code float}. */
  float single(int field) {
    return Float.intBitsToFloat((int) number(field));
  }

  /** An empty one when there is none. */
  WireMessage message(int field) {
    List<Object> values = all(field);
    return values.isEmpty() ? new WireMessage(0) : of(buffer(values.getLast()));
  }

  List<WireMessage> messages(int field) {
    return all(field).stream().map(each -> of(buffer(each))).toList();
  }

  Map<String, String> map(int field) {
    Map<String, String> map = new LinkedHashMap<>();
    messages(field).forEach(entry -> map.put(entry.text(1), entry.text(2)));
    return map;
  }

  private List<Object> all(int field) {
    return fields.getOrDefault(field, List.of());
  }

  private static ByteBuffer buffer(Object value) {
    if (value instanceof ByteBuffer bytes) {
      return bytes;
    }
    throw nonsense("a number where something else should be");
  }

  private static byte[] copy(Object value) {
    ByteBuffer bytes = buffer(value).duplicate();
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return copy;
  }

  private static long wrongType() {
    throw nonsense("something else where a number should be");
  }

  private static ProviderException nonsense(String what) {
    return new ProviderException(
        "modal sent what cannot be read: " + what,
        ErrorDetails.NONE
            .withProvider(ModalSandboxProviderFactory.NAME)
            .withRemedy("check that `modal_server_url` names a server that speaks its protocol"));
  }
}
