package dev.dunes.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;

final class Bad {
  static String x(List<@Nullable String> l) {
    return l.get(0);
  }

  static String y() {
    return null;
  }
  static String z(@Nullable String s) {
    return s.trim();
  }
}
