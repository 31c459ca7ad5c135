package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Where the sockets are: nobody but the gateway's user can reach them. */
record SocketDirectory(Path directory) implements AutoCloseable {
  /** Of a Unix socket's path: 108 with its end, by {@code unix(7)}. */
  private static final int MAX_PATH = 107;

  static SocketDirectory create(Path parent) throws IOException {
    SocketDirectory made =
        new SocketDirectory(
            Files.createTempDirectory(
                parent.toAbsolutePath(),
                "dunes-gw-",
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rwx------"))));
    int length = made.models().toString().getBytes(UTF_8).length;
    if (length > MAX_PATH) {
      made.close();
      throw new IllegalArgumentException(
          "the gateway's directory makes a socket's path of "
              + length
              + " bytes, "
              + MAX_PATH
              + " are possible: "
              + parent);
    }
    return made;
  }

  Path models() {
    return directory.resolve("models.sock");
  }

  Path proxy() {
    return directory.resolve("proxy.sock");
  }

  static void onlyOwner(Path socket) throws IOException {
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(models());
    Files.deleteIfExists(proxy());
    Files.deleteIfExists(directory);
  }
}
