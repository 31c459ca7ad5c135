package dev.dunes.server.e2b.envd;

import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** File systems that do not tell of changes others make. E2B wire 2.9. */
final class NetworkMounts {
  private static final Set<String> KINDS =
      Set.of("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre");
  private static final int LARGEST_LIST = 1 << 20;

  private NetworkMounts() {}

  /**
   * @throws ConnectException invalid argument, when the path is on one
   */
  static void refuse(SandboxFiles files, String path) {
    String kind = "";
    String found = "";
    for (String line : mounts(files).split("\n")) {
      String[] fields = line.split(" ");
      if (fields.length >= 3 && isAbove(fields[1], path) && fields[1].length() >= found.length()) {
        found = fields[1];
        kind = fields[2];
      }
    }
    if (KINDS.contains(kind) || kind.startsWith("fuse")) {
      throw new ConnectException(
          ConnectCode.INVALID_ARGUMENT,
          "cannot watch path on network filesystem mounted at %s: %s; allowNetworkMounts lets it be watched as far as it can"
              .formatted(found, path));
    }
  }

  private static boolean isAbove(String mount, String path) {
    return mount.equals("/") || path.equals(mount) || path.startsWith(mount + "/");
  }

  private static String mounts(SandboxFiles files) {
    try (InputStream in = files.read("/proc/self/mounts", 0, LARGEST_LIST)) {
      return new String(in.readNBytes(LARGEST_LIST), StandardCharsets.UTF_8);
    } catch (SandboxFileException e) {
      return ""; // a sandbox that does not say has none that are known
    } catch (IOException e) {
      throw FileFailures.cause(e);
    }
  }
}
