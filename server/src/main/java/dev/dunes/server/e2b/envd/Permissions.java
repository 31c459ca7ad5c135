package dev.dunes.server.e2b.envd;

import dev.dunes.sandbox.FileEntry;

/** Such as {@code -rw-r--r--}, {@code dtrwxrwxrwx}, {@code Lrwxrwxrwx}. E2B wire 2.9. */
final class Permissions {
  private static final int SET_USER = 04000;
  private static final int SET_GROUP = 02000;
  private static final int STICKY = 01000;
  private static final String LETTERS = "rwxrwxrwx";

  private Permissions() {}

  static String of(FileEntry entry) {
    StringBuilder text = new StringBuilder();
    switch (entry.kind()) {
      case DIRECTORY -> text.append('d');
      case SYMLINK -> text.append('L');
      case FILE, OTHER -> {}
    }
    int mode = entry.mode();
    if ((mode & SET_USER) != 0) {
      text.append('u');
    }
    if ((mode & SET_GROUP) != 0) {
      text.append('g');
    }
    if ((mode & STICKY) != 0) {
      text.append('t');
    }
    if (entry.kind() == FileEntry.Kind.OTHER) {
      text.append('?');
    }
    if (text.isEmpty()) {
      text.append('-');
    }
    for (int i = 0; i < LETTERS.length(); i++) {
      boolean set = (mode & 1 << LETTERS.length() - 1 - i) != 0;
      text.append(set ? LETTERS.charAt(i) : '-');
    }
    return text.toString();
  }
}
