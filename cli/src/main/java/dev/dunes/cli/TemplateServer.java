package dev.dunes.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The templates of a server. E2B wire 2.4. */
final class TemplateServer implements AutoCloseable {
  private static final int LONGEST = 64 << 20;

  private final ApiClient client;

  TemplateServer(ApiClient client) {
    this.client = client;
  }

  static ObjectNode object() {
    return JsonMapper.shared().createObjectNode();
  }

  JsonNode get(String path) {
    return ask("GET", path, Optional.empty());
  }

  JsonNode post(String path, JsonNode body) {
    return ask("POST", path, Optional.of(body));
  }

  void delete(String path) {
    ask("DELETE", path, Optional.empty());
  }

  private JsonNode ask(String method, String path, Optional<JsonNode> body) {
    HttpResponse<InputStream> response = client.send(method, path, body, "application/json");
    try (InputStream answer = response.body()) {
      String text = new String(answer.readNBytes(LONGEST), StandardCharsets.UTF_8);
      if (response.statusCode() / 100 == 2) {
        return text.isEmpty() ? object() : JsonMapper.shared().readTree(text);
      }
      throw new Failure(
          ExitCodes.ERROR, message(response.statusCode(), text), remedy(response.statusCode()));
    } catch (IOException e) {
      throw new Failure(ExitCodes.ERROR, "the answer broke off: " + e.getMessage(), "");
    } catch (JacksonException e) {
      throw new Failure(
          ExitCodes.ERROR,
          "the server does not answer as one with templates does",
          "--endpoint says where the server is");
    }
  }

  private static String remedy(int status) {
    return status == 401
        ? "DUNES_TOKEN or --token shows the server's token, or a key; `ds keys create NAME` in the server's directory makes one"
        : "";
  }

  private static String message(int status, String text) {
    try {
      JsonNode json = JsonMapper.shared().readTree(text);
      String said = json.path("message").asString(json.path("detail").asString(""));
      return said.isEmpty() ? "HTTP " + status : said;
    } catch (JacksonException e) {
      return "HTTP " + status;
    }
  }

  /** Uploads an archive to a link the server gave. */
  void upload(String url, Path file) {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create(url))
                  .PUT(HttpRequest.BodyPublishers.ofFile(file))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() / 100 != 2) {
        throw new Failure(
            ExitCodes.ERROR,
            "the files were not taken: " + message(answer.statusCode(), answer.body()),
            "");
      }
    } catch (IOException e) {
      throw new Failure(ExitCodes.ERROR, "the files were not taken: " + e.getMessage(), "");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitCodes.INTERRUPTED, "Interrupted.", "");
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
