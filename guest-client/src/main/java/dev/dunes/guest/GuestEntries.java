package dev.dunes.guest;

import dev.dunes.sandbox.FileEntry;
import java.time.Instant;
import java.util.Optional;

/** Reads entries, docs/guest-protocol.md "Operations". */
final class GuestEntries {
  private static final long NANOS = 1_000_000_000L;

  private GuestEntries() {}

  /** A name that is joined to a directory must stay below it, whoever joins it. */
  static void checkRelative(String path) throws GuestProtocolException {
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..") || part.indexOf('\0') >= 0) {
        throw new GuestProtocolException("a name that is not below what was asked for");
      }
    }
  }

  static FileEntry read(PayloadReader in) throws GuestProtocolException {
    String path = in.str();
    FileEntry.Kind kind =
        switch (in.u8()) {
          case 0 -> FileEntry.Kind.FILE;
          case 1 -> FileEntry.Kind.DIRECTORY;
          case 2 -> FileEntry.Kind.SYMLINK;
          case 3 -> FileEntry.Kind.OTHER;
          default -> throw new GuestProtocolException("kind of file");
        };
    int mode = in.count() & 07777;
    long size = in.u64();
    long mtime = in.i64();
    int uid = in.u32();
    int gid = in.u32();
    String target = in.str();
    Instant modified =
        Instant.ofEpochSecond(Math.floorDiv(mtime, NANOS), Math.floorMod(mtime, NANOS));
    Optional<String> link = kind == FileEntry.Kind.SYMLINK ? Optional.of(target) : Optional.empty();
    return new FileEntry(path, kind, mode, size, modified, uid, gid, link);
  }
}
