package dev.dunes.hosting;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;

/** Writes archives, also such as no good program would write. */
final class Tar {
  private static final int BLOCK = 512;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  Tar file(String name, String contents) {
    return entry('0', name, "", contents.getBytes(StandardCharsets.UTF_8));
  }

  Tar zeros(String name, int size) {
    return entry('0', name, "", new byte[size]);
  }

  Tar link(String name, String target) {
    return entry('2', name, target, new byte[0]);
  }

  private Tar entry(char type, String name, String target, byte[] contents) {
    byte[] head = new byte[BLOCK];
    put(head, 0, name);
    put(head, 100, "0000644");
    put(head, 108, "0000000");
    put(head, 116, "0000000");
    put(head, 124, "%011o".formatted(contents.length));
    put(head, 136, "00000000000");
    put(head, 148, "        ");
    head[156] = (byte) type;
    put(head, 157, target);
    put(head, 257, "ustar");
    put(head, 263, "00");
    int sum = 0;
    for (byte b : head) {
      sum += b & 0xFF;
    }
    put(head, 148, "%06o\0 ".formatted(sum));
    out.writeBytes(head);
    out.writeBytes(contents);
    out.writeBytes(new byte[(BLOCK - contents.length % BLOCK) % BLOCK]);
    return this;
  }

  private static void put(byte[] head, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, head, at, bytes.length);
  }

  byte[] plain() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(out.toByteArray());
    all.writeBytes(new byte[2 * BLOCK]);
    return all.toByteArray();
  }

  byte[] zipped() {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(plain());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  static String hash(byte[] archive) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(archive));
  }
}
