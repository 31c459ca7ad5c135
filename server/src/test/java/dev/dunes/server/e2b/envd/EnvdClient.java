package dev.dunes.server.e2b.envd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.http.Json;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Speaks to port 49983 of a sandbox, in bytes as they are. */
public final class EnvdClient {
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI base;
  private final String sandbox;

  public EnvdClient(URI base, String sandbox) {
    this.base = base;
    this.sandbox = sandbox;
  }

  public HttpRequest.Builder request(String path, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .header("e2b-sandbox-id", sandbox)
            .header("e2b-sandbox-port", "49983");
    if (headers.length > 0) {
      request.headers(headers);
    }
    return request;
  }

  public HttpResponse<byte[]> send(HttpRequest request) throws Exception {
    return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
  }

  public HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    return send(request(path, headers).GET().build());
  }

  public HttpResponse<byte[]> post(String path, byte[] body, String... headers) throws Exception {
    return send(request(path, headers).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build());
  }

  /** A call; its status and its answer. */
  public JsonNode unary(int status, String method, JsonNode message, String... headers)
      throws Exception {
    String[] all = with(headers, "content-type", "application/json");
    HttpResponse<byte[]> answer = post(method, Json.bytes(message), all);
    assertThat(answer.statusCode()).as(new String(answer.body())).isEqualTo(status);
    return Json.MAPPER.readTree(answer.body());
  }

  private static String[] with(String[] headers, String... more) {
    List<String> all = new ArrayList<>(List.of(headers));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  /** A message of a stream. */
  public static byte[] frame(int flags, byte[] message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) flags)
        .putInt(message.length)
        .put(message)
        .array();
  }

  /** Begins a stream. */
  public Stream open(String method, JsonNode message, String... headers) throws Exception {
    HttpResponse<InputStream> answer =
        http.send(
            request(method, with(headers, "content-type", "application/connect+json"))
                .POST(HttpRequest.BodyPublishers.ofByteArray(frame(0, Json.bytes(message))))
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    return new Stream(answer);
  }

  /** All messages of a stream, the last one too. */
  public List<JsonNode> stream(String method, JsonNode message, String... headers)
      throws Exception {
    try (Stream stream = open(method, message, headers)) {
      return stream.rest();
    }
  }

  /** The messages of a whole answer. */
  static List<JsonNode> frames(byte[] body) throws IOException {
    List<JsonNode> all = new ArrayList<>();
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(body));
    while (in.available() > 0) {
      in.readByte();
      all.add(Json.MAPPER.readTree(in.readNBytes(in.readInt())));
    }
    return all;
  }

  /** {@code Start} of a shell. */
  public static ObjectNode shell(String line) {
    ObjectNode start = Json.object();
    start.putObject("process").put("cmd", "/bin/sh").putArray("args").add("-c").add(line);
    return start;
  }

  /** Selects a process. */
  public static ObjectNode pid(long pid) {
    ObjectNode selector = Json.object();
    selector.putObject("process").put("pid", pid);
    return selector;
  }

  /** An answer that comes message by message. */
  public static final class Stream implements AutoCloseable {
    public final HttpResponse<InputStream> answer;
    private final DataInputStream in;
    private boolean ended;

    Stream(HttpResponse<InputStream> answer) {
      this.answer = answer;
      this.in = new DataInputStream(answer.body());
    }

    /** The next message; empty after the last. An end without a last message is an exception. */
    public Optional<JsonNode> next() throws IOException {
      if (ended) {
        return Optional.empty();
      }
      int flags = in.readByte();
      JsonNode message = Json.MAPPER.readTree(in.readNBytes(in.readInt()));
      ended = flags == 2;
      return Optional.of(message);
    }

    /** The process id that the first message tells. */
    public long pid() throws IOException {
      return next().orElseThrow().path("event").path("start").path("pid").asLong();
    }

    public List<JsonNode> rest() throws IOException {
      List<JsonNode> all = new ArrayList<>();
      for (Optional<JsonNode> next = next(); next.isPresent(); next = next()) {
        all.add(next.get());
      }
      assertThat(in.read()).isEqualTo(-1);
      return all;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
