package dev.dunes.session;

import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Makes ids of runs that are unique in the store.
 *
 * @param prefix they begin with
 * @param digits random hexadecimal ones that follow
 */
record RunIds(String prefix, int digits) {
  private static final SecureRandom RANDOM = new SecureRandom();

  static RunIds random() {
    return new RunIds("", 8);
  }

  static RunIds ofTrigger(String name) {
    return new RunIds("trigger-" + name + "-", 6);
  }

  String next(RunStore store) {
    while (true) {
      byte[] bytes = new byte[digits / 2];
      RANDOM.nextBytes(bytes);
      String id = prefix + HexFormat.of().formatHex(bytes);
      if (!store.knows(id)) {
        return id;
      }
    }
  }
}
