package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.http.Json;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Runs code at port 49999 of a sandbox, and checks of every answer what holds for all of them. */
final class CodeDesk implements AutoCloseable {
  final SandboxShop shop;
  final String id;

  CodeDesk(Path directory) throws Exception {
    shop = new SandboxShop(directory);
    id =
        shop.create(Json.object().set("envVars", Json.object().put("SANDBOX_WIDE", "yes")))
            .get("sandboxID")
            .asString();
  }

  /** What a run has said. */
  record Said(List<JsonNode> lines) {
    int count() {
      return lines.getFirst().get("execution_count").asInt();
    }

    List<JsonNode> of(String type) {
      return lines.stream().filter(line -> line.get("type").asString().equals(type)).toList();
    }

    String text(String channel) {
      return of(channel).stream()
          .map(line -> line.get("text").asString())
          .collect(Collectors.joining());
    }

    JsonNode error() {
      assertThat(of("error")).as(lines.toString()).hasSize(1);
      return of("error").getFirst();
    }

    /** The value of the code. */
    JsonNode main() {
      assertThat(of("error")).as(lines.toString()).isEmpty();
      List<JsonNode> main =
          of("result").stream().filter(line -> line.get("is_main_result").asBoolean()).toList();
      assertThat(main).as(lines.toString()).hasSize(1);
      return main.getFirst();
    }

    String value() {
      return main().get("text").asString();
    }
  }

  String[] headers() {
    return new String[] {"e2b-sandbox-id", id, "e2b-sandbox-port", "49999"};
  }

  HttpResponse<String> send(String method, String path, String body) throws Exception {
    return shop.shop.send(method, path, body, headers());
  }

  Said run(ObjectNode body) throws Exception {
    HttpResponse<String> answer = send("POST", "/execute?source=test", body.toString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return said(answer.body());
  }

  Said run(String language, String code) throws Exception {
    return run(Json.object().put("code", code).put("language", language));
  }

  Said python(String code) throws Exception {
    return run(Json.object().put("code", code));
  }

  /** Begins a run and reads its answer up to a line that has this. */
  InputStream begin(String language, String code, String until) throws Exception {
    HttpResponse<InputStream> answer =
        shop.shop.client.send(
            shop.shop.request(
                "POST",
                "/execute",
                Json.object().put("code", code).put("language", language).toString(),
                headers()),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.US_ASCII));
    String line;
    do {
      line = lines.readLine();
      assertThat(line).as("the answer ended before " + until).isNotNull();
    } while (!line.contains(until));
    return answer.body();
  }

  static Said said(String body) {
    assertThat(StandardCharsets.US_ASCII.newEncoder().canEncode(body)).as(body).isTrue();
    assertThat(body).endsWith("\n").doesNotContain("\n\n");
    List<JsonNode> lines = new ArrayList<>();
    body.lines().forEach(line -> lines.add(Shop.json(line)));
    List<JsonNode> spoken =
        lines.stream().filter(line -> !line.get("type").asString().equals("keepalive")).toList();
    assertThat(spoken.getFirst().get("type").asString()).isEqualTo("number_of_executions");
    assertThat(spoken.getLast()).isEqualTo(Json.object().put("type", "end_of_execution"));
    assertThat(spoken.stream().filter(l -> l.get("type").asString().equals("end_of_execution")))
        .hasSize(1);
    assertThat(spoken.stream().filter(l -> l.get("type").asString().equals("number_of_executions")))
        .hasSize(1);
    return new Said(spoken);
  }

  /** Changes a context by a request that must succeed. */
  JsonNode contexts(String method, String path, ObjectNode body) throws Exception {
    HttpResponse<String> answer = send(method, "/contexts" + path, body.toString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Shop.json(answer.body());
  }

  @Override
  public void close() {
    shop.close();
  }
}
