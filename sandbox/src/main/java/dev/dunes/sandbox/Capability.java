package dev.dunes.sandbox;

import java.util.Locale;

/** Something that the sandboxes of some providers can do. */
public enum Capability {
  /** A sandbox can outlive the program that made it. */
  PERSISTENT,
  /** Its files can be saved, and new sandboxes started from them. */
  SNAPSHOT,
  /** Output arrives while the command runs. */
  STREAMING,
  /** Files can be written into it. */
  FILE_UPLOAD,
  /** Commands can run on a terminal. */
  INTERACTIVE_SHELL,
  /** It can have a GPU. */
  GPU;

  /** Its name on every wire, such as {@code file_upload}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
