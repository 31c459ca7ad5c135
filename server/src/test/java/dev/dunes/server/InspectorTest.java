package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page under {@code /ui}, also in a real browser. Agent API, sheet 2.10. */
@Timeout(240)
class InspectorTest {
  private static final String TOKEN = "the-token-of-the-inspector";

  @TempDir Path directory;
  private Shop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Shop(directory).set("DUNES_MOCK_PACE", "0");
    shop.configured(config -> config.token(TOKEN));
  }

  @AfterEach
  void close() {
    shop.close();
  }

  @Test
  void everybodyMayLoadItAndItLoadsNothingFromElsewhere() throws Exception {
    for (String path : List.of("/ui", "/ui/", "/ui/sessions/x")) {
      HttpResponse<String> page = shop.get(path);
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
      assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
          .contains("default-src 'none'", "script-src 'self'", "connect-src 'self'")
          .doesNotContain("unsafe", "*", "http");
      assertThat(page.body()).doesNotContain("http://", "https://", "onclick=", "style=");
    }
    assertThat(shop.get("/ui/inspector.js").headers().firstValue("content-type"))
        .contains("text/javascript; charset=utf-8");
    assertThat(shop.get("/ui/inspector.js").body())
        .doesNotContain("innerHTML", "localStorage", "sessionStorage", "eval(", "https://");
    for (String path : List.of("/ui/other.js", "/ui/x/inspector.js.map", "/ui/../openapi.json")) {
      assertThat(shop.get(path).statusCode()).isEqualTo(404);
    }
    assertThat(shop.get("/v1/sessions").statusCode()).isEqualTo(401);
  }

  private static Optional<Path> browser() {
    return Stream.of("chromium", "chromium-browser", "google-chrome")
        .flatMap(
            name -> Stream.of(System.getenv("PATH").split(":")).map(place -> Path.of(place, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** What the page looks like after a while of its own clock. */
  private String shown(String path) throws Exception {
    Optional<Path> browser = browser();
    assumeTrue(browser.isPresent(), "there is no chromium: the page was not tried in a browser");
    Path profile = Files.createDirectory(directory.resolve("profile" + path.hashCode()));
    Process process =
        new ProcessBuilder(
                browser.get().toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--user-data-dir=" + profile,
                "--virtual-time-budget=6000",
                "--dump-dom",
                shop.uri(path).toString())
            .redirectError(directory.resolve("browser.log").toFile())
            .start();
    try {
      String page = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return page;
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  @Test
  void aBrowserShowsSessionsToWhoHasTheToken() throws Exception {
    String[] headers = {"content-type", "application/json", "authorization", "Bearer " + TOKEN};
    shop.post("/v1/sessions/shown", "{\"agent\":\"mock\",\"title\":\"<b>A title</b>\"}", headers);

    String page = shown("/ui?token=" + TOKEN);
    assertThat(page)
        .contains("&lt;b&gt;A title&lt;/b&gt;", "1 events", "<option value=\"mock\">")
        .doesNotContain(TOKEN);
    assertThat(page).containsPattern("<form id=\"connect\" hidden");

    assertThat(shown("/ui?token=wrong"))
        .contains("token invalid")
        .containsPattern("<main id=\"inspector\" hidden")
        .doesNotContain("A title");
    assertThat(shown("/ui?url=http%3A%2F%2F127.0.0.1%3A1&token=" + TOKEN))
        .contains("its own server only")
        .doesNotContain(TOKEN);
  }
}
