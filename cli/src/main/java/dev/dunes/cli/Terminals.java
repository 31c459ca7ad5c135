package dev.dunes.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Which of the standard streams are terminals.
 *
 * @param in standard input
 * @param out standard output
 * @param err standard error
 */
record Terminals(boolean in, boolean out, boolean err) {
  static final Terminals NONE = new Terminals(false, false, false);

  private static final int TYPE_BITS = 0170000;
  private static final int CHARACTER_DEVICE = 0020000;
  // Numbers of character devices that are no terminals: /dev/null and its like, and miscellaneous
  // ones.
  private static final int MEMORY = 1;
  private static final int MISCELLANEOUS = 10;

  /**
   * Those of this process. System.console() would tell too, but loads a terminal library for it.
   */
  static Terminals ofThisProcess() {
    return new Terminals(isTerminal(0), isTerminal(1), isTerminal(2));
  }

  private static boolean isTerminal(int descriptor) {
    try {
      Map<String, Object> status =
          Files.readAttributes(Path.of("/dev/fd/" + descriptor), "unix:mode,rdev");
      if (!(status.get("mode") instanceof Integer mode)
          || !(status.get("rdev") instanceof Long device)) {
        return false;
      }
      // As the kernel and the C library spread a device number over 64 bits.
      long major = (device >>> 8 & 0xFFF) | (device >>> 32 & ~0xFFFL);
      return (mode & TYPE_BITS) == CHARACTER_DEVICE && major != MEMORY && major != MISCELLANEOUS;
    } catch (IOException | UnsupportedOperationException e) {
      return false; // closed, or nothing that could be told
    }
  }
}
