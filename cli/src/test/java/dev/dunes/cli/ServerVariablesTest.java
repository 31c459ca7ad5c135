package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the environment of {@code ds server} says about sandboxes holds for those of its clients.
 */
class ServerVariablesTest extends ServerCase {
  /** On a sandbox that was made ahead of need and waits. */
  private static final String WAITS = "dunes.waits";

  @Override
  void endWhatIsLeft() {
    for (JsonNode left : all()) {
      assertThat(ds.run("destroy", left.path("id").asString("")).code()).isZero();
    }
  }

  private Process start(Map<String, String> environment) {
    return start(environment, List.of("server", "-n", "-p", "0", "--no-telemetry"));
  }

  private void make(String url) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + "/sandboxes"))
            .timeout(Duration.ofSeconds(60))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"templateID\":\"base\"}"));
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    }
  }

  private List<JsonNode> all() {
    DsProcess.Done listed = ds.run("list", "-p", "local", "--json");
    assertThat(listed.code()).as(listed.err()).isZero();
    JsonNode array = JsonMapper.shared().readTree(listed.out());
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  private long waiting() {
    return all().stream().filter(one -> one.path("labels").has(WAITS)).count();
  }

  private static void await(String what, Callable<Boolean> holds) throws Exception {
    Instant limit = Instant.now().plusSeconds(60);
    while (!holds.call()) {
      assertThat(Instant.now()).as(what).isBefore(limit);
    }
  }

  @Test
  void soManySandboxesWaitAsItSays() throws Exception {
    String url = url(start(Map.of("DUNES_SANDBOX_READY", "2")));
    make(url);
    make(url);
    await("two wait", () -> waiting() == 2);
    assertThat(all()).hasSize(4);
  }

  @Test
  void noneWaitsWhenItSaysNone() throws Exception {
    String url = url(start(Map.of("DUNES_SANDBOX_READY", "0")));
    for (int i = 1; i <= 3; i++) {
      make(url);
      assertThat(all()).hasSize(i);
    }
    assertThat(waiting()).isZero();
  }

  @Test
  void aTemplateStandsForAnImageAsItSays() throws Exception {
    String url = url(start(Map.of("DUNES_TEMPLATE_IMAGES", "debian=base, python:3*=base")));
    Path file = directory.resolve("dunes.template");
    Files.writeString(file, "FROM python:3.12-slim\nRUN echo it is $((40 + 2))\n");
    DsProcess.Done built = build(url, "stands");
    assertThat(built.code()).as(built.err()).isZero();
    assertThat(built.err()).contains("from template base", "it is 42");

    Files.writeString(file, "FROM ubuntu:latest\nRUN true\n");
    DsProcess.Done refused = build(url, "stands-not");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("DUNES_TEMPLATE_IMAGES='ubuntu:latest=base'");
    for (String name : List.of("stands", "stands-not")) {
      assertThat(ds.run("template", "delete", name, "-e", url).code()).isZero();
    }
  }

  private DsProcess.Done build(String url, String name) {
    return ds.run("template", "build", directory.toString(), "--name", name, "-e", url);
  }

  @Test
  void aServerDoesNotStartWithWhatMakesNoSense() throws Exception {
    for (Map.Entry<String, String> wrong :
        Map.of("DUNES_SANDBOX_READY", "-1", "DUNES_TEMPLATE_IMAGES", "debian").entrySet()) {
      Process process = start(Map.of(wrong.getKey(), wrong.getValue()));
      String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(said).isEqualTo(1);
      assertThat(said).contains(wrong.getKey());
    }
  }
}
