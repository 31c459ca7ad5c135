package dev.dunes.guest;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.Adler32;
import java.util.zip.CRC32;
import java.util.zip.Checksum;

/** The guest program this library carries, for the machine it runs on. */
public final class GuestBinary {
  private GuestBinary() {}

  /**
   * The guest as an executable file in a directory, written there unless it is there already. Its
   * name carries two checksums of its contents, so versions do not disturb each other.
   *
   * @throws ProviderException when it cannot be written
   */
  public static Path install(Path directory) {
    byte[] program = read(architecture());
    Path installed = directory.resolve("dunes-guest-" + name(program));
    try {
      if (Files.isExecutable(installed) && Files.size(installed) == program.length) {
        return installed;
      }
      Files.createDirectories(directory);
      Path part = Files.createTempFile(directory, ".guest-", ".part");
      try {
        Files.write(part, program);
        Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.move(
            part, installed, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(part);
      }
      return installed;
    } catch (IOException e) {
      throw new ProviderException(
          "cannot put the guest program into " + directory + ": " + e.getMessage(),
          ErrorDetails.cause(e)
              .withRemedy("make the directory writable, or set DUNES_STATE to one that is"));
    }
  }

  /**
   * The guest for an architecture in the kernel's naming ({@code x86_64}, {@code aarch64}), as
   * bytes.
   */
  public static byte[] read(String architecture) {
    String resource = "native/linux-" + architecture + "/dunes-guest";
    try (InputStream in = GuestBinary.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new UnsupportedCapabilityException(
            "this build carries no guest for linux-" + architecture,
            ErrorDetails.remedy("build Dunes on that architecture, or use a remote provider"));
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new ProviderException("cannot read the guest program", ErrorDetails.cause(e));
    }
  }

  /** This machine's architecture in the kernel's naming. */
  public static String architecture() {
    String name = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    return name.equals("amd64") ? "x86_64" : name.equals("arm64") ? "aarch64" : name;
  }

  /**
   * Checksums and no digest: this is to tell versions apart, in a directory of the user's own, at
   * each start, when a digest is still interpreted and takes 30 ms.
   */
  private static String name(byte[] program) {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits((int) sum(new CRC32(), program))
        + hex.toHexDigits((int) sum(new Adler32(), program));
  }

  private static long sum(Checksum checksum, byte[] program) {
    checksum.update(program);
    return checksum.getValue();
  }
}
