package dev.dunes.server.e2b.connect;

import java.util.List;
import java.util.Map;

/** What need not be said, as it is meant anyway. */
final class Zeros {
  private Zeros() {}

  static boolean isZero(Object value) {
    return switch (value) {
      case String text -> text.isEmpty();
      case byte[] bytes -> bytes.length == 0;
      case Long number -> number == 0;
      case Boolean flag -> !flag;
      case List<?> list -> list.isEmpty();
      case Map<?, ?> map -> map.isEmpty();
      default -> false;
    };
  }
}
