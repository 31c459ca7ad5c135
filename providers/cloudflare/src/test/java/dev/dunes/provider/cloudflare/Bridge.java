package dev.dunes.provider.cloudflare;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.provider.local.LocalSandboxProviderFactory;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The bridge as it is published (npm {@code @cloudflare/sandbox}), in Node on loopback, whose
 * containers are real sandboxes of this machine.
 */
final class Bridge implements AutoCloseable {
  static final String KEY = "cf-bridge-0123456789abcdef";

  private final Path directory;
  private final Containers containers;
  private final Process node;
  private final URI uri;

  private Bridge(String modules) throws IOException {
    directory =
        Files.createTempDirectory(
            "dunes-cloudflare-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    containers = new Containers(directory.resolve("containers"));
    Path script =
        Path.of(
            System.getProperty("dunes.root"),
            "providers/cloudflare/src/test/resources/bridge/bridge.mjs");
    ProcessBuilder builder =
        new ProcessBuilder("node", script.toString(), modules, containers.uri().toString(), KEY)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("NODE_NO_WARNINGS", "1");
    node = builder.start();
    BufferedReader said = node.inputReader(StandardCharsets.UTF_8);
    String port = said.readLine();
    if (port == null) {
      close();
      throw new IOException("the bridge does not start");
    }
    uri = URI.create("http://127.0.0.1:" + port);
  }

  URI uri() {
    return uri;
  }

  Containers containers() {
    return containers;
  }

  /** Settings whose records are of this bridge's own. */
  ProviderSettings settings() {
    return settings(uri, KEY);
  }

  ProviderSettings settings(URI address, String key) {
    return new ProviderSettings(
        Map.of(
            "cloudflare_base_url",
            address.toString(),
            "cloudflare_api_token",
            key,
            "state_dir",
            state().toString()),
        Map.of());
  }

  Path state() {
    return directory.resolve("state");
  }

  /** For all tests of a class and of those nested in it. */
  static Shared<Bridge> shared() {
    return new Shared<>(Bridge.class, new LocalSandboxProviderFactory(), Bridge::open);
  }

  private static Bridge open() throws IOException {
    String modules = System.getenv("DUNES_TEST_NODE_MODULES");
    assumeTrue(modules != null, "DUNES_TEST_NODE_MODULES is not set: no published bridge");
    assumeTrue(
        Files.isDirectory(Path.of(modules, "@cloudflare/sandbox")),
        "@cloudflare/sandbox is not installed there");
    return new Bridge(modules);
  }

  @Override
  public void close() {
    node.destroyForcibly();
    containers.close();
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
