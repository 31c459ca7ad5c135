package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that go in the middle of a download leave nothing open, here and in the sandbox. */
@Timeout(120)
class DownloadGoneTest {
  private static final int MEGABYTES = 64;
  private static final int CLIENTS = 8;

  @TempDir Path directory;
  private SandboxShop shop;

  @BeforeEach
  void open() throws Exception {
    shop = new SandboxShop(directory);
  }

  @AfterEach
  void close() {
    shop.close();
  }

  /** How often any process of this machine, in whichever sandbox, has a file of this name open. */
  private static long open(String name) throws IOException {
    long count = 0;
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      for (Path process : (Iterable<Path>) processes::iterator) {
        if (process.getFileName().toString().matches("\\d+")) {
          count += open(process.resolve("fd"), name);
        }
      }
    }
    return count;
  }

  private static long open(Path descriptors, String name) {
    try (Stream<Path> all = Files.list(descriptors)) {
      return all.filter(each -> leadsTo(each, name)).count();
    } catch (IOException | UncheckedIOException e) {
      return 0; // the process has ended
    }
  }

  private static boolean leadsTo(Path link, String name) {
    try {
      return Files.readSymbolicLink(link).endsWith(name);
    } catch (IOException e) {
      return false; // closed meanwhile
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"the sandbox API", "envd"})
  void nothingStaysOpen(String face) throws Exception {
    assumeTrue(Files.isReadable(Path.of("/proc/1/fd")), "only root sees what others have open");
    String id = shop.create();
    String name = UUID.randomUUID() + ".bin";
    assertThat(
            shop.sh(id, "head -c %d /dev/urandom > /workspace/%s".formatted(MEGABYTES << 20, name))
                .get("exitCode")
                .asInt())
        .isZero();
    String request =
        face.equals("envd")
            ? "GET /files?path=/workspace/%s HTTP/1.1\r\nHost: x\r\nE2b-Sandbox-Id: %s\r\nE2b-Sandbox-Port: 49983\r\n\r\n"
                .formatted(name, id)
            : "GET /sandboxes/%s/files?path=/workspace/%s HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\n\r\n"
                .formatted(id, name, SandboxShop.KEY);
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < CLIENTS; i++) {
        RawClient client = new RawClient(shop.shop.port(), 4096);
        clients.add(client);
        assertThat(client.send(request).readTo("\r\n\r\n")).startsWith("HTTP/1.1 200");
      }
      SandboxShop.await("all are under way", () -> open(name) == CLIENTS);
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
    // Who serves a request closes the stream it reads from last of all, and with it this.
    SandboxShop.await("the file is closed in the sandbox", () -> open(name) == 0);
    assertThat(shop.download(id, "/workspace/" + name).body()).hasSize(MEGABYTES << 20);
  }
}
