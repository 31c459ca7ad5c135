package dev.dunes.sandbox.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;

/**
 * Writes archives no proper tool would write: POSIX.1-1988 ustar headers with whatever is asked
 * for.
 */
final class Tar {
  private static final int BLOCK = 512;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  Tar file(String name, String contents) {
    return entry(name, '0', "", contents.getBytes(UTF_8));
  }

  Tar directory(String name) {
    return entry(name, '5', "", new byte[0]);
  }

  Tar symlink(String name, String target) {
    return entry(name, '2', target, new byte[0]);
  }

  Tar hardLink(String name, String target) {
    return entry(name, '1', target, new byte[0]);
  }

  Tar device(String name) {
    return entry(name, '3', "", new byte[0]);
  }

  Tar entry(String name, char type, String link, byte[] contents) {
    byte[] header = new byte[BLOCK];
    put(header, 0, name.getBytes(UTF_8));
    put(header, 100, (type == '5' ? "0000755\0" : "0000644\0").getBytes(US_ASCII));
    put(header, 108, "0000000\0".getBytes(US_ASCII));
    put(header, 116, "0000000\0".getBytes(US_ASCII));
    put(header, 124, "%011o\0".formatted(contents.length).getBytes(US_ASCII));
    put(header, 136, "00000000000\0".getBytes(US_ASCII));
    put(header, 148, "        ".getBytes(US_ASCII));
    header[156] = (byte) type;
    put(header, 157, link.getBytes(UTF_8));
    put(header, 257, "ustar\00000".getBytes(US_ASCII));
    int sum = 0;
    for (byte each : header) {
      sum += each & 0xFF;
    }
    put(header, 148, "%06o\0 ".formatted(sum).getBytes(US_ASCII));
    bytes.writeBytes(header);
    bytes.writeBytes(contents);
    bytes.writeBytes(new byte[(BLOCK - contents.length % BLOCK) % BLOCK]);
    return this;
  }

  private static void put(byte[] header, int at, byte[] value) {
    System.arraycopy(value, 0, header, at, value.length);
  }

  /** With the two blocks of zeros that end an archive. */
  byte[] toBytes() {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(bytes.toByteArray());
    whole.writeBytes(new byte[2 * BLOCK]);
    return whole.toByteArray();
  }

  InputStream stream() {
    return new ByteArrayInputStream(toBytes());
  }
}
