package dev.dunes.guest;

import dev.dunes.sandbox.FileEntry;
import java.util.ArrayList;
import java.util.List;

/** A directory listing on its way. */
final class GuestList extends GuestStream {
  /** A guest that lies about a directory can make the host hold no more entries than this. */
  private static final int MAX_ENTRIES = 1_000_000;

  private final List<FileEntry> entries = new ArrayList<>();

  @Override
  void onData(int channel, byte[] data) throws GuestProtocolException {
    PayloadReader in = new PayloadReader(data);
    while (in.hasMore()) {
      if (entries.size() == MAX_ENTRIES) {
        throw new GuestProtocolException("a listing of more than " + MAX_ENTRIES + " entries");
      }
      entries.add(GuestEntries.read(in));
    }
    consumed(channel, data.length);
  }

  /** After the result: what was listed. */
  List<FileEntry> entries() {
    return List.copyOf(entries);
  }
}
