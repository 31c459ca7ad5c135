package dev.dunes.guest;

import dev.dunes.sandbox.FileEntry;
import java.util.ArrayList;
import java.util.List;

/** A directory listing on its way. */
final class GuestList extends GuestStream {
  /** A guest that lies about a directory can make the host hold no more entries than this. */
  private static final int MAX_ENTRIES = 1_000_000;

  /** Nor more bytes of names. */
  private static final long MAX_BYTES = 256L << 20;

  private final List<FileEntry> entries = new ArrayList<>();
  private long bytes;

  @Override
  void onData(int channel, byte[] data) throws GuestProtocolException {
    bytes += data.length;
    if (bytes > MAX_BYTES) {
      throw new GuestProtocolException("a listing of more than " + MAX_BYTES + " bytes");
    }
    PayloadReader in = new PayloadReader(data);
    while (in.hasMore()) {
      if (entries.size() == MAX_ENTRIES) {
        throw new GuestProtocolException("a listing of more than " + MAX_ENTRIES + " entries");
      }
      FileEntry entry = GuestEntries.read(in);
      GuestEntries.checkRelative(entry.path());
      entries.add(entry);
    }
    consumed(channel, data.length);
  }

  @Override
  void onResult(PayloadReader payload) throws GuestProtocolException {
    if (payload.u64() != entries.size()) {
      throw new GuestProtocolException("a listing that is not complete");
    }
  }

  /** After the result: what was listed. */
  List<FileEntry> entries() {
    return List.copyOf(entries);
  }
}
