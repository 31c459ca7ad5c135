package dev.dunes.provider.vercel;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Contents as a compressed archive, made while they come. An entry of an archive begins with its
 * length, which nobody knows before the end: so the contents are in several entries, of one piece
 * each.
 */
final class TarPieces extends InputStream {
  private static final int PIECE = 1 << 20;
  private static final int MODE = 0644;

  /** Of a piece, to see whether compressing it is worth the time. */
  private static final int SAMPLE = 8 << 10;

  private final InputStream contents;
  private final String name;
  private final ByteArrayOutputStream made = new ByteArrayOutputStream(PIECE + (PIECE >> 4));
  private final Compression gzip;
  private final TarArchiveOutputStream tar;
  private byte[] ready = {};
  private int position;
  private int entries;
  private boolean finished;

  /**
   * @param name of the pieces: a dot and six digits come behind it
   */
  TarPieces(InputStream contents, String name) throws IOException {
    this.contents = contents;
    this.name = name;
    this.gzip = new Compression(made);
    this.tar = new TarArchiveOutputStream(gzip, StandardCharsets.UTF_8.name());
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    while (position == ready.length) {
      if (finished) {
        return -1;
      }
      make();
    }
    int count = Math.min(length, ready.length - position);
    System.arraycopy(ready, position, target, offset, count);
    position += count;
    return count;
  }

  private void make() throws IOException {
    byte[] piece = contents.readNBytes(PIECE);
    if (piece.length > 0) {
      gzip.suit(piece);
      TarArchiveEntry entry = new TarArchiveEntry("%s.%06d".formatted(name, entries++));
      entry.setSize(piece.length);
      entry.setMode(MODE);
      tar.putArchiveEntry(entry);
      tar.write(piece);
      tar.closeArchiveEntry();
    } else {
      tar.close();
      finished = true;
    }
    ready = made.toByteArray();
    position = 0;
    made.reset();
  }

  @Override
  public void close() throws IOException {
    gzip.end();
    contents.close();
  }

  /** Does not work on what does not become smaller. */
  private static final class Compression extends GZIPOutputStream {
    private boolean ended;

    Compression(OutputStream out) throws IOException {
      super(out);
    }

    void suit(byte[] piece) {
      Deflater trial = new Deflater(Deflater.BEST_SPEED);
      try {
        int sample = Math.min(SAMPLE, piece.length);
        trial.setInput(piece, 0, sample);
        trial.finish();
        int size = trial.deflate(new byte[2 * SAMPLE]);
        boolean worth = size < sample - sample / 10;
        def.setLevel(worth ? Deflater.BEST_SPEED : Deflater.NO_COMPRESSION);
      } finally {
        trial.end();
      }
    }

    @Override
    public void close() throws IOException {
      ended = true;
      super.close();
    }

    void end() {
      if (!ended) {
        ended = true;
        def.end();
      }
    }
  }
}
