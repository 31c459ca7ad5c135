package dev.dunes.server;

import static dev.dunes.server.Shop.INIT;
import static dev.dunes.server.Shop.RESULT;
import static dev.dunes.server.Shop.echo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients people have: curl, Python's requests and httpx-sse, the original's own client,
 * JavaScript. {@code DUNES_TEST_PYTHON} names a Python that has {@code duvo-sandstorm[client]},
 * httpx-sse and requests; {@code .ci/run} makes one.
 */
class ClientsTest {
  private static final String SCRIPT =
      echo(INIT)
          + echo(
              "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"Hi é\"}]}}")
          + "echo made > made.txt\n"
          + echo(RESULT);

  @TempDir Path directory;
  private Shop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Shop(directory);
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private String run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).directory(directory.toFile()).start();
    process.getOutputStream().close();
    byte[] output = process.getInputStream().readAllBytes();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    String text = new String(output, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(text).isZero();
    return text;
  }

  private static Optional<String> program(String name) {
    return Stream.of(System.getenv("PATH").split(":"))
        .map(dir -> Path.of(dir, name))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  private String python(String script) throws Exception {
    String python = System.getenv("DUNES_TEST_PYTHON");
    assumeTrue(python != null, "DUNES_TEST_PYTHON is not set: no Python with the clients");
    Path file = directory.resolve("client.py");
    Files.writeString(file, script);
    return run(python, file.toString(), shop.server().uri().toString(), SCRIPT);
  }

  @Test
  void curl() throws Exception {
    assumeTrue(program("curl").isPresent(), "curl is not installed");
    String body = Shop.query(SCRIPT).toString();

    String answer =
        run(
            "curl",
            "-sS",
            "-N",
            "-X",
            "POST",
            shop.uri("/query").toString(),
            "-H",
            "Content-Type: application/json",
            "-d",
            body);
    assertThat(Shop.events(answer)).first().isEqualTo(INIT);
    assertThat(Shop.events(answer)).last().isEqualTo(RESULT);
    assertThat(Shop.events(answer)).hasSize(4);

    // as documented without a media type: curl sends one of a form
    assertThat(Shop.events(run("curl", "-sS", "-N", shop.uri("/query").toString(), "-d", body)))
        .hasSize(4);
  }

  @Test
  void requests() throws Exception {
    assertThat(
            python(
                """
                import json, sys, requests
                response = requests.post(sys.argv[1] + "/query", json={"prompt": sys.argv[2]}, stream=True)
                response.raise_for_status()
                for line in response.iter_lines():
                    if line.startswith(b"data: "):
                        print(json.loads(line[6:])["type"])
                """))
        .isEqualTo("system\nassistant\nfile\nresult\n");
  }

  @Test
  void httpxSse() throws Exception {
    assertThat(
            python(
                """
                import json, sys, httpx
                from httpx_sse import connect_sse
                with httpx.Client(timeout=None) as client:
                    with connect_sse(client, "POST", sys.argv[1] + "/query", json={"prompt": sys.argv[2]}) as events:
                        for event in events.iter_sse():
                            print(event.event, json.loads(event.data)["type"])
                """))
        .isEqualTo("message system\nmessage assistant\nmessage file\nmessage result\n");
  }

  @Test
  void theClientOfTheOriginal() throws Exception {
    String key = "k".repeat(32);
    shop.set("SANDSTORM_API_KEY", key);
    assertThat(
            python(
                """
                import asyncio, sys
                from sandstorm.client import SandstormClient
                async def main():
                    async with SandstormClient(sys.argv[1], api_key="%s") as client:
                        print((await client.health())["status"])
                        async for event in client.query(sys.argv[2], timeout=60, files={"in.txt": "x"}):
                            print(event.type, event.text or "")
                asyncio.run(main())
                """
                    .formatted(key)))
        .isEqualTo("ok\nsystem \nassistant Hi é\nfile \nresult \n");
  }

  @Test
  void javaScript() throws Exception {
    assumeTrue(program("node").isPresent(), "node is not installed");
    Path file = directory.resolve("client.mjs");
    Files.writeString(
        file,
        """
        const [url, prompt] = process.argv.slice(2);
        const response = await fetch(url + "/query", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ prompt }),
        });
        let rest = "";
        const decoder = new TextDecoder();
        for await (const chunk of response.body) {
          const frames = (rest + decoder.decode(chunk, { stream: true })).split("\\n\\n");
          rest = frames.pop();
          for (const frame of frames)
            if (frame.startsWith("data: ")) console.log(JSON.parse(frame.slice(6)).type);
        }
        """);
    assertThat(run("node", file.toString(), shop.server().uri().toString(), SCRIPT))
        .isEqualTo("system\nassistant\nfile\nresult\n");
  }

  @Test
  void everyClientSpeaksOfTheSameRun() throws Exception {
    assumeTrue(program("curl").isPresent(), "curl is not installed");
    List<String> lines =
        run(
                "curl",
                "-sS",
                "-i",
                shop.uri("/query").toString(),
                "-d",
                Shop.query(echo(RESULT)).toString())
            .lines()
            .toList();
    String id =
        lines.stream()
            .filter(line -> line.startsWith("X-Run-Id: "))
            .map(line -> line.substring(10))
            .findFirst()
            .orElseThrow();
    assertThat(
            Shop.json(run("curl", "-sS", shop.uri("/runs/" + id).toString()))
                .get("status")
                .asString())
        .isEqualTo("completed");
  }
}
