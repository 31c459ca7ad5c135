package dev.dunes.provider.cloud;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFileException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Copies a tar entry by entry and refuses what would land outside of where it is unpacked: names
 * that are absolute, have {@code ..} or lead through a symbolic link of the archive.
 */
final class TarCheck {
  private static final int MOST_LINKS = 1 << 20;

  private final Set<String> links = new HashSet<>();
  private final Set<String> files = new HashSet<>();
  private final TarArchiveOutputStream out;

  private TarCheck(TarArchiveOutputStream out) {
    this.out = out;
  }

  static void copy(InputStream tar, OutputStream target) throws IOException {
    TarArchiveOutputStream out =
        new TarArchiveOutputStream(target, 1 << 18, StandardCharsets.UTF_8.name());
    out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    out.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    out.setAddPaxHeadersForNonAsciiNames(true);
    TarCheck check = new TarCheck(out);
    TarArchiveInputStream in = new TarArchiveInputStream(tar, StandardCharsets.UTF_8.name());
    try {
      boolean any = false;
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        any = true;
        check.entry(entry, in);
      }
      if (!any && in.getBytesRead() < 512) {
        throw unsafe("", "no archive at all");
      }
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IOException("the archive is broken: " + e.getMessage(), e);
    }
    out.finish();
    out.flush();
  }

  private void entry(TarArchiveEntry entry, InputStream contents) throws IOException {
    String name = place(entry.getName());
    if (name.isEmpty()) {
      return;
    }
    if (entry.isSymbolicLink()) {
      remember(links, name);
    } else if (entry.isLink()) {
      String existing = place(entry.getLinkName());
      if (!files.contains(existing)) {
        throw unsafe(entry.getName(), "a hard link to something that is no file of the archive");
      }
      remember(files, name);
    } else if (entry.isDirectory()) {
      links.remove(name);
    } else if (entry.isFile() && !special(entry)) {
      remember(files, name);
    } else {
      throw unsafe(entry.getName(), "neither a file nor a directory nor a link");
    }
    out.putArchiveEntry(entry);
    if (!entry.isSymbolicLink() && !entry.isLink() && !entry.isDirectory()) {
      contents.transferTo(out);
    }
    out.closeArchiveEntry();
  }

  private static boolean special(TarArchiveEntry entry) {
    return entry.isFIFO() || entry.isCharacterDevice() || entry.isBlockDevice();
  }

  private static void remember(Set<String> names, String name) throws IOException {
    if (names.size() >= MOST_LINKS) {
      throw new IOException("the archive has more than %d entries".formatted(MOST_LINKS));
    }
    names.add(name);
  }

  /** The name without what does not count, once it is known to stay inside. */
  private String place(String name) {
    if (name.startsWith("/")) {
      throw unsafe(name, "an absolute name");
    }
    StringBuilder place = new StringBuilder();
    for (String part : name.split("/", -1)) {
      if (part.equals("..")) {
        throw unsafe(name, "a name with '..'");
      }
      if (part.isEmpty() || part.equals(".")) {
        continue;
      }
      if (links.contains(place.toString())) {
        throw unsafe(name, "a name that leads through a symbolic link");
      }
      place.append(place.isEmpty() ? "" : "/").append(part);
    }
    return place.toString();
  }

  private static SandboxFileException unsafe(String name, String why) {
    String shown = Printable.of(name);
    return new SandboxFileException(
        Reason.UNSAFE_ARCHIVE,
        shown,
        "the archive has %s: '%s'".formatted(why, shown),
        ErrorDetails.remedy("nothing was unpacked; make it again with names that stay inside"));
  }
}
