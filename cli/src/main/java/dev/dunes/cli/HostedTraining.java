package dev.dunes.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The life of a sandbox as clients of E2B's wire ask for it, for the cache: its commands so often
 * that the JVM knows how they are to be compiled.
 */
final class HostedTraining {
  private static final int ROUNDS = 3;
  private static final int COMMANDS = 1000;
  private static final int LARGE = 3 << 20;
  private static final String COMMAND =
      """
      {"process":{"cmd":"/bin/bash","args":["-l","-c","echo a"]},"stdin":false}\
      """;

  private final URI server;
  private final String key;
  private final String id;
  private final String token;

  private HostedTraining(URI server, String key, JsonNode made) {
    this.server = server;
    this.key = key;
    this.id = made.path("sandboxID").asString("");
    this.token = made.path("envdAccessToken").asString("");
  }

  /**
   * @param key what the server asks for
   */
  static void in(URI server, String key) throws IOException {
    make(server, key, "{\"templateID\":\"base\"}").live();
    // One that trusts the authority its way out is opened with, which is made for the first.
    make(server, key, "{\"templateID\":\"base\",\"network\":{\"allowOut\":[\"a.example\"]}}").end();
  }

  private static HostedTraining make(URI server, String key, String request) throws IOException {
    byte[] made = ask(server.resolve("/v2/sandboxes"), "POST", json(key), request.getBytes(UTF_8));
    return new HostedTraining(server, key, JsonMapper.shared().readTree(made));
  }

  private void live() throws IOException {
    for (int command = 0; command < COMMANDS; command++) {
      command();
    }
    for (int round = 0; round < ROUNDS; round++) {
      inside(
          "/filesystem.Filesystem/ListDir",
          "POST",
          "application/json",
          "{\"path\":\"/\"}".getBytes(UTF_8));
      inside("/files?path=a", "POST", "multipart/form-data; boundary=b", form());
      inside("/files?path=a", "GET", "", new byte[0]);
      control("/sandboxes/" + id + "/pause", "POST", "{}");
      control("/v2/sandboxes/" + id + "/connect", "POST", "{\"timeout\":30}");
    }
    end();
  }

  private void command() throws IOException {
    inside(
        "/process.Process/Start",
        "POST",
        "application/connect+json",
        ByteBuffer.allocate(COMMAND.length() + 5)
            .put((byte) 0)
            .putInt(COMMAND.length())
            .put(COMMAND.getBytes(UTF_8))
            .array());
  }

  private void end() throws IOException {
    control("/sandboxes/" + id, "DELETE", "");
  }

  private static byte[] form() {
    byte[] head =
        "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
            .getBytes(UTF_8);
    byte[] end = "\r\n--b--\r\n".getBytes(UTF_8);
    return ByteBuffer.allocate(head.length + LARGE + end.length)
        .put(head)
        .put(new byte[LARGE])
        .put(end)
        .array();
  }

  private void inside(String path, String method, String type, byte[] body) throws IOException {
    ask(
        server.resolve(path),
        method,
        Map.of(
            "content-type", type,
            "connect-protocol-version", "1",
            "e2b-sandbox-id", id,
            "e2b-sandbox-port", "49983",
            "x-access-token", token),
        body);
  }

  private void control(String path, String method, String body) throws IOException {
    ask(server.resolve(path), method, json(key), body.getBytes(UTF_8));
  }

  private static Map<String, String> json(String key) {
    return Map.of("content-type", "application/json", "x-api-key", key);
  }

  private static byte[] ask(URI uri, String method, Map<String, String> headers, byte[] body)
      throws IOException {
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    connection.setRequestMethod(method);
    headers.forEach(connection::setRequestProperty);
    if (body.length > 0) {
      connection.setDoOutput(true);
      connection.getOutputStream().write(body);
    }
    if (connection.getResponseCode() >= 400) {
      throw new IOException(
          "%s %s was answered with %d".formatted(method, uri, connection.getResponseCode()));
    }
    try (InputStream answer = connection.getInputStream()) {
      return answer.readAllBytes();
    }
  }
}
