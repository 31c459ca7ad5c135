package dev.dunes.scripted;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks a model over HTTP. */
final class Caller implements AutoCloseable {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI base;

  Caller(ScriptedModel model) {
    this.base = model.uri();
  }

  HttpResponse<String> send(String method, String path, String body)
      throws IOException, InterruptedException {
    return client.send(request(method, path, body), HttpResponse.BodyHandlers.ofString());
  }

  HttpRequest request(String method, String path, String body) {
    return HttpRequest.newBuilder(base.resolve(path))
        .timeout(Duration.ofSeconds(20))
        .header("x-api-key", "any")
        .method(method, HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  HttpClient client() {
    return client;
  }

  /** The body of a POST's answer. */
  String post(String path, String body) throws IOException, InterruptedException {
    return send("POST", path, body).body();
  }

  JsonNode json(String path, String body) throws IOException, InterruptedException {
    return JsonMapper.shared().readTree(post(path, body));
  }

  /** What is said to this user in Anthropic's protocol, with tools of these names on offer. */
  JsonNode messages(String user, String... tools) throws IOException, InterruptedException {
    return json("/v1/messages", Bodies.messages(user, tools));
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
