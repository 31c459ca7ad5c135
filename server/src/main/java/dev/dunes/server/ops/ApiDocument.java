package dev.dunes.server.ops;

import dev.dunes.server.http.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code openapi.json}, checked in, and the pages that are made of it. */
public final class ApiDocument {
  private final Supplier<ObjectNode> document;
  private volatile @Nullable ObjectNode read;

  ApiDocument(String version) {
    this.document = () -> load(version);
  }

  /** The document as it is checked in. */
  public static ObjectNode load(String version) {
    try (InputStream in = ApiDocument.class.getResourceAsStream("/dev/dunes/server/openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("openapi.json is not in the server's jar");
      }
      ObjectNode root = (ObjectNode) Json.MAPPER.readTree(in.readAllBytes());
      ((ObjectNode) root.get("info")).put("version", version);
      return root;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ObjectNode json() {
    ObjectNode known = read;
    if (known == null) {
      known = document.get();
      read = known;
    }
    return known;
  }

  String home() {
    return Html.page(
        "Dunes",
        "<p>A server that runs coding agents in sandboxes.</p>"
            + "<ul><li><a href=\"/docs\">What it answers</a></li>"
            + "<li><a href=\"/openapi.json\">The same for programs</a></li>"
            + "<li><a href=\"/health\">How it is</a></li></ul>");
  }

  String page() {
    JsonNode root = json();
    StringBuilder body = new StringBuilder();
    body.append("<p>").append(Html.text(root.at("/info/description").asString(""))).append("</p>");
    root.path("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .properties()
                .forEach(operation ->
                    operation(body, path.getKey(), operation.getKey(), operation.getValue())));
    return Html.page("Dunes: what it answers", body.toString());
  }

  private JsonNode fields(JsonNode operation) {
    JsonNode schema = operation.at("/requestBody/content/application~1json/schema");
    String name = schema.path("$ref").asString("");
    return json()
        .at("/components/schemas/" + name.substring(name.lastIndexOf('/') + 1) + "/properties");
  }

  private void operation(StringBuilder body, String path, String method, JsonNode operation) {
    body.append("<h2><code>")
        .append(Html.text(method.toUpperCase(java.util.Locale.ROOT)))
        .append(' ')
        .append(Html.text(path))
        .append("</code></h2><p>")
        .append(Html.text(operation.path("summary").asString("")))
        .append("</p>");
    JsonNode fields = fields(operation);
    if (!fields.isEmpty()) {
      body.append("<table><tr><th>Field</th><th>Meaning</th></tr>");
      fields
          .properties()
          .forEach(field ->
              body.append("<tr><td><code>")
                  .append(Html.text(field.getKey()))
                  .append("</code></td><td>")
                  .append(Html.text(field.getValue().path("description").asString("")))
                  .append("</td></tr>"));
      body.append("</table>");
    }
    body.append("<table><tr><th>Answer</th><th></th></tr>");
    operation
        .path("responses")
        .properties()
        .forEach(answer ->
            body.append("<tr><td>")
                .append(Html.text(answer.getKey()))
                .append("</td><td>")
                .append(Html.text(answer.getValue().path("description").asString("")))
                .append("</td></tr>"));
    body.append("</table>");
  }
}
