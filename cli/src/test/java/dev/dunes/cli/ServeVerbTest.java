package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.ScriptedModel;
import dev.dunes.scripted.Step;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code ds serve} as a process, asked by {@code ds} itself. */
class ServeVerbTest extends ServerCase {
  private final ScriptedModel model = ScriptedModel.start();

  @Override
  void endWhatIsLeft() {
    ds.run("list"); // whatever a killed server left goes
    model.close();
  }

  private record Served(Process process, BufferedReader out, String url) {}

  private Served serve(Map<String, String> more, String... arguments) throws IOException {
    List<String> words = new ArrayList<>(List.of("serve", "--host", "127.0.0.1", "-p", "0"));
    words.addAll(List.of(arguments));
    Map<String, String> environment = RealAgent.environment(model, state);
    environment.putAll(more);
    Process process = start(environment, words);
    return new Served(process, process.inputReader(), url(process));
  }

  private static void end(Served server, String signal, int code) throws Exception {
    end(server.process(), signal, code);
  }

  private static JsonNode get(String url) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return JsonMapper.shared()
          .readTree(
              client
                  .send(
                      HttpRequest.newBuilder(URI.create(url))
                          .timeout(Duration.ofSeconds(20))
                          .build(),
                      HttpResponse.BodyHandlers.ofString())
                  .body());
    }
  }

  @Test
  void runsAreServedToTheCommandLine() throws Exception {
    RealAgent.require();
    String key = "k".repeat(32);
    Served server = serve(Map.of("SANDSTORM_API_KEY", key));
    assertThat(get(server.url() + "/health").path("status").asString()).isEqualTo("ok");
    DsProcess.Done refused = ds.run("--server", server.url(), "[[hello]]");
    assertThat(refused.err()).isEqualTo("❌ Not authenticated (--api-key)\n");
    DsProcess.Done done =
        ds.run("--server", server.url(), "--api-key", key, "-o", "made", "[[hello]]");
    assertThat(done.out()).isEqualTo("I will create the file.\nDone. hello.txt contains hi.\n");
    assertThat(done.err()).contains("[file: made/hello.txt]").contains("--- Result: success");
    assertThat(done.code()).isZero();
    assertThat(directory.resolve("made/hello.txt")).hasContent("hi");
    end(server, "TERM", 143);
  }

  /** Providers that have sandboxes on this machine. */
  static Stream<Map<String, String>> providers() {
    String daemon = System.getenv("DUNES_TEST_DOCKER_HOST");
    return daemon == null
        ? Stream.of(Map.of())
        : Stream.of(
            Map.of(),
            Map.of(
                "DUNES_PROVIDER",
                "docker",
                "DUNES_DOCKER_IMAGE",
                "dunes-test:base",
                "DOCKER_HOST",
                daemon));
  }

  @ParameterizedTest
  @MethodSource("providers")
  void aRunMayEndAfterTheServerWasToldTo(Map<String, String> provider) throws Exception {
    RealAgent.require();
    model.add(
        Scenario.of(
            "nap",
            Answer.of(new Step.Shell("sleep 3; echo slept")),
            Answer.of(new Step.Text("Slept."))));
    Served server = serve(provider);
    Process asking = start(Map.of(), List.of("query", "--server", server.url(), "[[nap]]"));
    assertThat(asking.errorReader().readLine()).startsWith("[tool: Bash]");
    end(server, "TERM", 143);
    assertThat(asking.inputReader().lines()).containsExactly("Slept.");
    assertThat(asking.waitFor()).isZero();
  }

  @Test
  void aRunIsCancelledByItsId() throws Exception {
    RealAgent.require();
    Served server = serve(Map.of("DUNES_SHUTDOWN_GRACE", "0"));
    Process asking = start(Map.of(), List.of("query", "-v", "--server", server.url(), "[[slow]]"));
    String line = String.valueOf(asking.errorReader().readLine());
    assertThat(line).startsWith("dunes: run ");
    model.await(request -> request.scenario().equals("slow"), Duration.ofSeconds(60));
    String id = line.substring("dunes: run ".length());
    DsProcess.Done cancelled = ds.run("cancel", id, "--server", server.url());
    assertThat(cancelled.out()).isEqualTo("cancelling " + id + "\n");
    assertThat(asking.errorReader().lines()).contains("Error: cancelled by user");
    assertThat(asking.waitFor()).isEqualTo(1);
    assertThat(ds.run("cancel", id, "--server", server.url()).code()).isEqualTo(1);
    assertThat(ds.run("cancel", "00000000", "--server", server.url()).err())
        .isEqualTo("❌ unknown run_id\n");
    end(server, "INT", 130);
  }

  @Test
  void ctrlCEndsARunAtAServer() throws Exception {
    RealAgent.require();
    Served server = serve(Map.of("DUNES_SHUTDOWN_GRACE", "0"));
    Process asking = start(Map.of(), List.of("query", "--server", server.url(), "[[slow]]"));
    model.await(request -> request.scenario().equals("slow"), Duration.ofSeconds(60));
    new ProcessBuilder("kill", "-INT", Long.toString(asking.pid())).start().waitFor();
    assertThat(asking.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(asking.exitValue()).isEqualTo(130);
    assertThat(asking.errorReader().lines()).containsExactly("Interrupted.");
    assertThat(get(server.url() + "/runs").path(0).path("outcome").asString())
        .isIn("cancelled", "disconnected"); // whichever the server hears of first
    end(server, "INT", 130);
  }

  @Test
  void itStartsAnewWhenAFileChanges() throws Exception {
    Served server = serve(Map.of(), "--reload");
    Files.writeString(directory.resolve(".env"), "SANDSTORM_API_KEY=short\n");
    BufferedReader err = server.process().errorReader();
    String line = String.valueOf(err.readLine());
    while (!line.startsWith("❌")) {
      line = String.valueOf(err.readLine());
    }
    assertThat(line).contains("SANDSTORM_API_KEY");
    Files.writeString(
        directory.resolve(".env"), "SANDSTORM_API_KEY=%s\n".formatted("k".repeat(32)));
    assertThat(server.out().readLine()).startsWith("Ready at ");
    end(server, "INT", 130);
  }

  @Test
  void eachRequestIsALineInLogfmt() throws Exception {
    Served server = serve(Map.of());
    get(server.url() + "/health?secret=1");
    assertThat(logged(server, "dev.dunes.access"))
        .startsWith("ts=")
        .contains(" level=info target=dev.dunes.access message=request request_id=")
        .contains(" method=GET path=/health status=200 bytes=")
        .doesNotContain("secret");
  }

  @Test
  void theLogIsJsonForThoseWhoAsk() throws Exception {
    Served server = serve(Map.of("DUNES_LOG_FORMAT", "json"));
    get(server.url() + "/health");
    JsonNode line = JsonMapper.shared().readTree(logged(server, "dev.dunes.access"));
    assertThat(line.get("level").asString()).isEqualTo("info");
    assertThat(line.get("path").asString()).isEqualTo("/health");
    assertThat(line.get("status").asInt()).isEqualTo(200);
  }

  private static String logged(Served server, String target) throws IOException {
    BufferedReader err = server.process().errorReader();
    for (String line = err.readLine(); line != null; line = err.readLine()) {
      if (line.contains(target)) {
        return line;
      }
    }
    throw new AssertionError("nothing was logged by " + target);
  }

  @Test
  void aPortThatIsTakenIsOneLine() throws Exception {
    Served server = serve(Map.of());
    String port = Integer.toString(URI.create(server.url()).getPort());
    DsProcess.Done second = ds.run("serve", "--host", "127.0.0.1", "-p", port);
    assertThat(second.err()).startsWith("❌ Cannot listen at 127.0.0.1:" + port + ": it is taken");
    assertThat(second.out()).isEmpty();
    assertThat(second.code()).isEqualTo(1);
    assertThat(ds.run("serve", "-p", "70000").code()).isEqualTo(2);
    end(server, "TERM", 143);
  }
}
