package dev.dunes.agent.install;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Builds packages, good and bad ones. */
final class Tgz {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar;

  Tgz() {
    try {
      tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A package whose program answers like the real one. */
  static Tgz program(String answer) {
    return new Tgz()
        .file("package/package.json", 0600, "{}")
        .file("package/claude", 0700, "#!/bin/sh\necho '%s'\n".formatted(answer));
  }

  Tgz file(String name, int mode, String contents) {
    byte[] data = contents.getBytes(StandardCharsets.UTF_8);
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setMode(mode);
    entry.setSize(data.length);
    return add(entry, data);
  }

  Tgz special(String name, byte type, String linkName) {
    TarArchiveEntry entry = new TarArchiveEntry(name, type, true);
    entry.setLinkName(linkName);
    return add(entry, new byte[0]);
  }

  private Tgz add(TarArchiveEntry entry, byte[] data) {
    entry.setModTime(0); // the same bytes in every process
    try {
      tar.putArchiveEntry(entry);
      tar.write(data);
      tar.closeArchiveEntry();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  byte[] bytes() {
    try {
      tar.close();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A pin of exactly these bytes for this machine. */
  static Pin pin(String version, byte[] tgz) {
    PinnedPackage wanted = new PinnedPackage("@scope/claude-test", version, Integrity.of(tgz));
    return new Pin(
        "claude",
        version,
        "none",
        "claude",
        version + " (Claude Code)",
        Map.of(Platform.current(), wanted));
  }

  static PinnedPackage only(Pin pin) {
    return pin.packages().values().iterator().next();
  }
}
