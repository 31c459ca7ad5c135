package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.Providers;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.server.DunesServer;
import dev.dunes.server.ServerConfig;
import dev.dunes.session.RunsConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code ds port} with a real server and a program that listens in a real sandbox. */
@Timeout(120)
class PortVerbTest {
  private static final String TOKEN = "t".repeat(40);
  private static final String PORT = "3000";

  @TempDir private Path directory;
  private Path state = Path.of("");
  private DunesServer server;
  private final HttpClient client = HttpClient.newHttpClient();
  private String sandbox = "";

  @BeforeEach
  void open() throws Exception {
    assumeTrue(
        Providers.find("local")
            .filter(factory -> factory.availability(ProviderSettings.system()).usable())
            .isPresent(),
        "provider 'local' cannot be used here: see ds doctor");
    state = Files.createTempDirectory("ds-state");
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("DUNES_STATE", state.toString());
    environment.put("DUNES_PROVIDER", "local");
    RunsConfig runs = RunsConfig.builder().directory(directory).environment(environment).build();
    server =
        DunesServer.start(
            ServerConfig.builder(runs).host("127.0.0.1").port(0).token(TOKEN).build());
    ObjectNode wanted = JsonMapper.shared().createObjectNode().put("templateID", "base");
    sandbox = json(call("POST", "/sandboxes", wanted)).get("sandboxID").asString();
    serve();
  }

  private void serve() throws Exception {
    byte[] program =
        Files.readAllBytes(
            Path.of(
                System.getProperty("dunes.root"),
                "server/src/test/resources/clients/tcp-server.py"));
    ObjectNode file = JsonMapper.shared().createObjectNode().put("path", "/workspace/serve.py");
    file.put("content", Base64.getEncoder().encodeToString(program));
    call("POST", "/sandboxes/" + sandbox + "/filesystem", file);
    ObjectNode process =
        JsonMapper.shared().createObjectNode().put("cmd", "python3").put("background", true);
    process.putArray("args").add("/workspace/serve.py").add(PORT);
    call("POST", "/sandboxes/" + sandbox + "/processes", process);
    await(
        "it listens",
        () ->
            json(call("GET", "/sandboxes/" + sandbox + "/ports/" + PORT))
                .get("listening")
                .asBoolean());
  }

  @AfterEach
  void close() throws Exception {
    if (server != null) {
      call("DELETE", "/sandboxes/" + sandbox);
      server.close(Duration.ZERO);
    }
    client.close();
    // Not by a temporary directory of JUnit, below which a sandbox's user can read nothing.
    new ProcessBuilder("rm", "-rf", state.toString()).start().waitFor();
  }

  private HttpResponse<String> call(String method, String path, JsonNode... body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri().resolve(path))
            .header("authorization", "Bearer " + TOKEN);
    HttpRequest.BodyPublisher sent =
        body.length == 0
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body[0].toString());
    return client.send(request.method(method, sent).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
    return JsonMapper.shared().readTree(answer.body());
  }

  private static void await(String what, Callable<Boolean> holds) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!holds.call()) {
      assertThat(System.nanoTime() - end).as(what).isNegative();
      Thread.sleep(Duration.ofMillis(10));
    }
  }

  /** One that listens, in a thread of its own. */
  private final class Forward implements AutoCloseable {
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final CompletableFuture<Ds.Result> result = new CompletableFuture<>();
    private final Thread thread;
    final int port;

    Forward(String... more) throws Exception {
      this(server.uri(), more);
    }

    Forward(URI where, String... more) throws Exception {
      String[] fixed = {
        "port", sandbox, PORT, "-e", where.toString(), "-t", TOKEN, "--local", "0", "--json"
      };
      String[] words = new String[fixed.length + more.length];
      System.arraycopy(fixed, 0, words, 0, fixed.length);
      System.arraycopy(more, 0, words, fixed.length, more.length);
      Ds ds = Ds.with(new FakeProvider("fake")).directory(directory).stdout(new Lines(lines));
      thread = Thread.ofVirtual().start(() -> result.complete(ds.run(words)));
      String address =
          JsonMapper.shared().readTree(lines.poll(60, TimeUnit.SECONDS)).get("address").asString();
      port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
    }

    Socket connect(char what) throws IOException {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write(what);
      return socket;
    }

    Ds.Result end() throws Exception {
      return result.get(60, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws Exception {
      thread.interrupt();
      end();
    }
  }

  private static final class Lines extends OutputStream {
    private final BlockingQueue<String> lines;

    Lines(BlockingQueue<String> lines) {
      this.lines = lines;
    }

    @Override
    public void write(int one) {
      throw new UnsupportedOperationException("whole lines only");
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      lines.add(new String(bytes, offset, length, StandardCharsets.UTF_8));
    }
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  @Test
  void manyConnectionsAtOnceCarryBytesAsTheyAre() throws Exception {
    byte[] bytes = random(3_000_000);
    try (Forward forward = new Forward()) {
      CompletableFuture<?>[] all = new CompletableFuture<?>[8];
      for (int i = 0; i < all.length; i++) {
        all[i] =
            CompletableFuture.runAsync(
                () -> {
                  try (Socket socket = forward.connect('e')) {
                    Thread sender =
                        Thread.ofVirtual()
                            .start(() -> {
                              try {
                                socket.getOutputStream().write(bytes);
                                socket.shutdownOutput();
                              } catch (IOException e) {
                                throw new AssertionError(e);
                              }
                            });
                    assertThat(socket.getInputStream().readAllBytes()).isEqualTo(bytes);
                    sender.join();
                  } catch (IOException | InterruptedException e) {
                    throw new AssertionError(e);
                  }
                },
                task -> Thread.ofVirtual().start(task));
      }
      CompletableFuture.allOf(all).get(100, TimeUnit.SECONDS);
    }
  }

  @Test
  void eitherSideMayEndFirst() throws Exception {
    byte[] bytes = random(3_000_000);
    try (Forward forward = new Forward()) {
      try (Socket socket = forward.connect('h')) {
        socket.getOutputStream().write(bytes);
        socket.shutdownOutput();
        assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
            .isEqualTo(
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
      }
      try (Socket socket = forward.connect('f')) {
        assertThat(socket.getInputStream().readAllBytes())
            .isEqualTo("first".getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().write(bytes);
      }
      await(
          "what came after its end has arrived",
          () ->
              call("GET", "/sandboxes/" + sandbox + "/files?path=/tmp/after")
                  .body()
                  .equals("3000000"));
    }
  }

  @Test
  void aProgramThatBreaksOffIsSeenAsReset() throws Exception {
    try (Forward forward = new Forward();
        Socket socket = forward.connect('r')) {
      assertThatThrownBy(() -> socket.getInputStream().read()).hasMessageContaining("reset");
    }
  }

  @Test
  void aClientThatIsGoneLeavesNothing() throws Exception {
    try (Forward forward = new Forward()) {
      try (Socket socket = forward.connect('e')) {
        socket.getOutputStream().write('x');
        assertThat(socket.getInputStream().read()).isEqualTo('x');
        assertThat(connections()).isEqualTo(1);
        socket.setSoLinger(true, 0);
      }
      await("the program's side is closed", () -> connections() == 0);
    }
  }

  /** How many connections to the program are open in the sandbox. */
  private int connections() throws Exception {
    ObjectNode process = JsonMapper.shared().createObjectNode().put("cmd", "/bin/sh");
    // 01 is established; the program's own end has its port on the left.
    process.putArray("args").add("-c").add("grep -c '0100007F:0BB8 [^ ]* 01' /proc/net/tcp; true");
    return Integer.parseInt(
        json(call("POST", "/sandboxes/" + sandbox + "/processes", process))
            .get("stdout")
            .asString()
            .strip());
  }

  @Test
  void aPortWhereNothingListensResetsAndSaysSo() throws Exception {
    ObjectNode process = JsonMapper.shared().createObjectNode().put("cmd", "pkill");
    process.putArray("args").add("-f").add("serve.py");
    json(call("POST", "/sandboxes/" + sandbox + "/processes", process));
    await(
        "nothing listens",
        () ->
            !json(call("GET", "/sandboxes/" + sandbox + "/ports/" + PORT))
                .get("listening")
                .asBoolean());
    Forward forward = new Forward();
    try (Socket socket = forward.connect('e')) {
      assertThatThrownBy(() -> socket.getInputStream().read()).hasMessageContaining("reset");
    }
    forward.close();
    assertThat(forward.end().err()).contains("nothing listens there yet", "broke off: nothing");
  }

  @Test
  void theEndOfTheSandboxEndsItAndItsConnections() throws Exception {
    try (Forward forward = new Forward();
        Socket socket = forward.connect('e')) {
      socket.getOutputStream().write('x');
      assertThat(socket.getInputStream().read()).isEqualTo('x');
      call("DELETE", "/sandboxes/" + sandbox);
      assertThatThrownBy(
              () -> {
                InputStream in = socket.getInputStream();
                if (in.read() < 0) {
                  throw new IOException("an orderly end");
                }
              })
          .hasMessageContaining("reset");
      Ds.Result result = forward.end();
      assertThat(result.code()).isEqualTo(ExitCodes.ERROR);
      assertThat(result.err()).contains("the sandbox has ended");
    }
  }

  @Test
  void whatCannotBeIsSaidBeforeAnythingListens() throws Exception {
    Ds ds = Ds.with(new FakeProvider("fake")).directory(directory);
    String url = server.uri().toString();
    assertThat(ds.run("port", "inone", PORT, "-e", url, "-t", TOKEN).err())
        .contains("never existed");
    assertThat(ds.run("port", sandbox, PORT, "-e", url, "-t", "u".repeat(40)).code()).isNotZero();
    assertThat(ds.run("port", sandbox, "0").err()).contains("from 1 to 65535");
    assertThat(ds.run("port", sandbox, PORT, "--local", "70000").err()).contains("--local");
    assertThat(ds.run("port", sandbox, PORT, "--for", "5").err()).contains("--url");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Ds.Result result =
          ds.run(
              "port",
              sandbox,
              PORT,
              "-e",
              url,
              "-t",
              TOKEN,
              "--local",
              Integer.toString(taken.getLocalPort()));
      assertThat(result.code()).isEqualTo(ExitCodes.ERROR);
      assertThat(result.err()).contains("--local 0");
    }
  }

  @Test
  void othersDoNotGetIn() throws Exception {
    JsonNode other =
        json(call("POST", "/api-keys", JsonMapper.shared().createObjectNode().put("name", "o")));
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(
                    server.uri().resolve("/sandboxes/" + sandbox + "/ports/" + PORT + "/tcp"))
                .header("x-api-key", other.get("key").asString())
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(404);
    HttpResponse<String> own = call("GET", "/sandboxes/" + sandbox + "/ports/" + PORT + "/tcp");
    assertThat(own.statusCode()).as(own.body()).isEqualTo(400);
    assertThat(own.body()).contains("WebSocket");
  }

  @Test
  void theAddressForBrowsers() {
    Ds.Result result =
        Ds.with(new FakeProvider("fake"))
            .directory(directory)
            .run("port", sandbox, PORT, "--url", "-e", server.uri().toString(), "-t", TOKEN);
    assertThat(result.out()).as(result.err()).contains(PORT + "-" + sandbox + ".localhost");
  }
}
