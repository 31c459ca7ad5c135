package dev.dunes.provider.e2b;

import dev.dunes.provider.local.LocalSandboxProviderFactory;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.server.DunesServer;
import dev.dunes.server.ServerConfig;
import dev.dunes.session.RunsConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A server of ours that speaks E2B's wire, with real sandboxes on this machine. */
final class E2bServer implements AutoCloseable {
  static final String KEY = "e2b_" + "0123456789abcdef".repeat(2) + "01234567";

  private final Path directory;
  private final Sandboxes sandboxes;
  private final DunesServer server;

  E2bServer() throws IOException {
    directory =
        Files.createTempDirectory(
            "dunes-e2b-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    Map<String, String> variables = new HashMap<>(System.getenv());
    variables.keySet().removeIf(name -> name.startsWith("E2B_") || name.startsWith("DAYTONA_"));
    variables.put("DUNES_STATE", directory.resolve("state").toString());
    variables.put("DUNES_PROVIDER", "local");
    variables.put("SANDSTORM_API_KEY", KEY);
    variables.put("DUNES_SANDBOX_CONCURRENT", "500");
    variables.put("ANTHROPIC_API_KEY", "sk-ant-of-the-test-0123456789");
    sandboxes = Sandboxes.builder().settings(new ProviderSettings(Map.of(), variables)).build();
    server =
        DunesServer.start(
            ServerConfig.builder(
                    RunsConfig.builder()
                        .directory(Files.createDirectory(directory.resolve("project")))
                        .environment(variables)
                        .sandboxes(sandboxes)
                        .build())
                .host("127.0.0.1")
                .port(0)
                .build());
  }

  URI uri() {
    return server.uri();
  }

  ProviderSettings settings() {
    return settings(uri(), KEY);
  }

  static ProviderSettings settings(URI uri, String key) {
    return new ProviderSettings(
        Map.of(
            "e2b_api_key", key, "e2b_api_url", uri.toString(), "e2b_sandbox_url", uri.toString()),
        Map.of());
  }

  /** What is on this machine, whatever the wire says, but those nobody has been given yet. */
  List<String> left() {
    return sandboxes.list(Map.of()).stream()
        .filter(info -> !info.labels().containsKey("dunes.waits"))
        .map(Object::toString)
        .toList();
  }

  /** The ids of what was saved. */
  List<String> saved() {
    HttpRequest request =
        HttpRequest.newBuilder(uri().resolve("/snapshots")).header("X-API-Key", KEY).build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      String body = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
      return E2bApi.JSON.readTree(body).valueStream().map(JsonNode::toString).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** For all tests of a class and of those nested in it. */
  static Shared<E2bServer> shared() {
    return new Shared<>(E2bServer.class, new LocalSandboxProviderFactory(), E2bServer::new);
  }

  @Override
  public void close() {
    server.close(Duration.ZERO);
    sandboxes.close();
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
