package dev.dunes.server.acp;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Passes a tar on, block by block, each header only after it was looked at: names that lead
 * elsewhere end it. Understands the formats of POSIX and GNU. Not safe for use by several threads.
 */
final class TarNames extends FilterInputStream {
  private static final int BLOCK = 512;
  private static final int LONGEST_NAME = 64 << 10;
  private static final int MOST_ENTRIES = 100_000;
  private static final int MOST_NAMES = 1024;

  /** An entry that may not be. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  private final List<String> names = new ArrayList<>();
  private byte[] block = new byte[0];
  private int position;
  private int count;
  private boolean ended;

  /** Bytes of the entry's content that follow, with what fills the last block. */
  private long content;

  private Optional<String> longName = Optional.empty();
  private Optional<Long> longSize = Optional.empty();

  TarNames(InputStream tar) {
    super(tar);
  }

  /** The first names, without the directory itself. */
  List<String> names() {
    return List.copyOf(names);
  }

  /** Whether there were more. */
  boolean truncated() {
    return count > MOST_NAMES;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (position == block.length && !next()) {
      return -1;
    }
    int n = Math.min(length, block.length - position);
    System.arraycopy(block, position, target, offset, n);
    position += n;
    return n;
  }

  /** A block of content, or a whole header. */
  private boolean next() throws IOException {
    position = 0;
    if (content > 0) {
      block = in.readNBytes((int) Math.min(content, 64 << 10));
      if (block.length == 0) {
        throw new EOFException("unexpected end of the tar");
      }
      content -= block.length;
      return true;
    }
    block = in.readNBytes(BLOCK);
    if (block.length == 0 || ended) {
      return block.length > 0;
    }
    if (block.length < BLOCK) {
      throw new EOFException("failed to read entire block");
    }
    header();
    return true;
  }

  private void header() throws IOException {
    if (isZero()) {
      ended = true;
      return;
    }
    char type = (char) (block[156] & 0xFF);
    long size = longSize.isPresent() && type != 'x' && type != 'L' ? longSize.get() : size();
    switch (type) {
      case 'L' -> longName = Optional.of(text(meta(size), 0, (int) size));
      case 'x' -> pax(meta(size), (int) size);
      case 'K' -> meta(size);
      case 'g' -> content = padded(size);
      case '0', '\0', '1', '2', '3', '4', '5', '6', '7' -> {
        entry(longName.orElseGet(this::name));
        longName = Optional.empty();
        longSize = Optional.empty();
        boolean hasContent = type == '0' || type == '\0' || type == '7';
        content = hasContent ? padded(size) : 0;
      }
      default -> throw new Refused("entries of type '" + type + "' are not understood");
    }
  }

  private boolean isZero() {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private void entry(String name) throws Refused {
    if (name.startsWith("/")) {
      throw new Refused("invalid relative path: " + name);
    }
    StringBuilder plain = new StringBuilder();
    for (String part : name.split("/")) {
      if (part.equals("..")) {
        throw new Refused("invalid relative path: " + name);
      }
      if (!part.isEmpty() && !part.equals(".")) {
        plain.append(plain.isEmpty() ? "" : "/").append(part);
      }
    }
    if (plain.isEmpty()) {
      return;
    }
    if (++count > MOST_ENTRIES) {
      throw new Refused("a tar may have " + MOST_ENTRIES + " entries");
    }
    if (count <= MOST_NAMES) {
      names.add(plain.toString());
    }
  }

  private String name() {
    String name = text(block, 0, 100);
    boolean posix = text(block, 257, 5).equals("ustar") && block[262] == 0;
    String prefix = posix ? text(block, 345, 155) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  private static String text(byte[] bytes, int from, int most) {
    int to = from;
    while (to < from + most && bytes[to] != 0) {
      to++;
    }
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  private long size() throws Refused {
    if ((block[124] & 0x80) != 0) {
      long size = 0;
      for (int i = 128; i < 136; i++) {
        size = size << 8 | block[i] & 0xFF;
      }
      return checked(size);
    }
    String octal = text(block, 124, 12).strip();
    try {
      return checked(octal.isEmpty() ? 0 : Long.parseLong(octal, 8));
    } catch (NumberFormatException e) {
      throw new Refused("the size of an entry is no number");
    }
  }

  private static long checked(long size) throws Refused {
    if (size < 0 || size > Long.MAX_VALUE - BLOCK) {
      throw new Refused("the size of an entry is not possible");
    }
    return size;
  }

  private static long padded(long size) {
    return (size + BLOCK - 1) / BLOCK * BLOCK;
  }

  /** The content of an entry that describes the next one; it is passed on with its header. */
  private byte[] meta(long size) throws IOException {
    if (size > LONGEST_NAME) {
      throw new Refused("the name of an entry is too long");
    }
    byte[] described = in.readNBytes((int) padded(size));
    if (described.length < padded(size)) {
      throw new EOFException("failed to read entire block");
    }
    byte[] both = java.util.Arrays.copyOf(block, BLOCK + described.length);
    System.arraycopy(described, 0, both, BLOCK, described.length);
    block = both;
    return described;
  }

  /** Lines of {@code length key=value}. */
  private void pax(byte[] records, int size) throws Refused {
    int from = 0;
    while (from < size) {
      int space = from;
      while (space < size && records[space] != ' ') {
        space++;
      }
      int length = number(new String(records, from, space - from, StandardCharsets.US_ASCII));
      if (length <= space - from + 1 || from + length > size) {
        throw new Refused("an extended header is damaged");
      }
      String record =
          new String(records, space + 1, from + length - space - 2, StandardCharsets.UTF_8);
      if (record.startsWith("path=")) {
        longName = Optional.of(record.substring(5));
      } else if (record.startsWith("size=")) {
        longSize = Optional.of((long) number(record.substring(5)));
      } else if (record.startsWith("GNU.sparse.")) {
        throw new Refused("sparse entries are not understood");
      }
      from += length;
    }
  }

  private static int number(String text) throws Refused {
    if (!text.matches("[0-9]{1,10}") || Long.parseLong(text) > Integer.MAX_VALUE) {
      throw new Refused("an extended header is damaged");
    }
    return Integer.parseInt(text);
  }
}
