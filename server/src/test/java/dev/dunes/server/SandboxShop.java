package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.http.Json;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Callable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A server whose sandboxes are used over HTTP: what its clients send, and what they must get. */
final class SandboxShop implements AutoCloseable {
  static final String KEY = "k".repeat(40);
  final Shop shop;

  SandboxShop(Path directory) throws Exception {
    shop = new Shop(Files.createDirectory(directory.resolve("shop")));
    shop.set("SANDSTORM_API_KEY", KEY).set("DUNES_SANDBOX_CONCURRENT", "200");
  }

  HttpResponse<String> call(String method, String path, String body, String... headers)
      throws Exception {
    return as(KEY, method, path, body, headers);
  }

  HttpResponse<String> as(String key, String method, String path, String body, String... headers)
      throws Exception {
    String[] all = new String[headers.length + 2];
    all[0] = "x-api-key";
    all[1] = key;
    System.arraycopy(headers, 0, all, 2, headers.length);
    return shop.send(method, path, body, all);
  }

  JsonNode get(String path) throws Exception {
    HttpResponse<String> answer = call("GET", path, "");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Shop.json(answer.body());
  }

  /** The answer must have this status. */
  JsonNode post(int status, String path, JsonNode body) throws Exception {
    HttpResponse<String> answer = call("POST", path, body.toString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return answer.body().isEmpty() ? Json.object() : Shop.json(answer.body());
  }

  /** One whose ports are open to who knows its id, unless something else is said. */
  JsonNode create(ObjectNode more) throws Exception {
    if (!more.has("secure")) {
      more.put("secure", false);
    }
    return post(201, "/sandboxes", more.put("templateID", "base"));
  }

  String create() throws Exception {
    return create(Json.object()).get("sandboxID").asString();
  }

  JsonNode sh(String id, String line) throws Exception {
    ObjectNode body = Json.object().put("cmd", "/bin/sh");
    body.putArray("args").add("-c").add(line);
    return post(200, "/sandboxes/" + id + "/processes", body);
  }

  HttpResponse<String> upload(String id, String path, String filename, byte[] contents)
      throws Exception {
    return shop.client.send(
        HttpRequest.newBuilder(shop.uri("/sandboxes/" + id + "/files"))
            .header("x-api-key", KEY)
            .header("content-type", "multipart/form-data; boundary=xYz")
            .POST(HttpRequest.BodyPublishers.ofByteArray(form(path, filename, contents, false)))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  static byte[] form(String path, String filename, byte[] contents, boolean pathFirst) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    String field =
        "--xYz\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n%s\r\n".formatted(path);
    if (pathFirst) {
      body.writeBytes(field.getBytes(StandardCharsets.UTF_8));
    }
    body.writeBytes(
        "--xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\nContent-Type: application/octet-stream\r\n\r\n"
            .formatted(filename)
            .getBytes(StandardCharsets.UTF_8));
    body.writeBytes(contents);
    body.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    if (!pathFirst) {
      body.writeBytes(field.getBytes(StandardCharsets.UTF_8));
    }
    body.writeBytes("--xYz--\r\n".getBytes(StandardCharsets.UTF_8));
    return body.toByteArray();
  }

  HttpResponse<byte[]> download(String id, String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(shop.uri("/sandboxes/" + id + "/files?path=" + path))
            .header("x-api-key", KEY);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return shop.client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  /** The ids of the provider's sandboxes of a sandbox, or of all. */
  static long atProvider(Map<String, String> labels) {
    return SharedPlace.sandboxes().list(labels).size();
  }

  static void await(String what, Callable<Boolean> holds) throws Exception {
    Instant limit = Instant.now().plus(Duration.ofSeconds(60));
    while (!holds.call()) {
      assertThat(Instant.now()).as(what).isBefore(limit);
      Thread.sleep(Duration.ofMillis(10));
    }
  }

  @Override
  public void close() {
    try {
      for (JsonNode sandbox : get("/sandboxes?status=all")) {
        call("DELETE", "/sandboxes/" + sandbox.get("sandboxID").asString(), "");
      }
    } catch (Exception e) {
      throw new AssertionError("what was made could not be ended", e);
    } finally {
      shop.close();
    }
  }
}
