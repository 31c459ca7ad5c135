package dev.dunes.provider.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Lists of vendors, also of those that never end. */
@Timeout(120)
class VendorListTest {
  private final AtomicInteger asked = new AtomicInteger();
  private HttpServer server;
  private CloudHttp http;
  private IntFunction<String> pages = number -> "{}";

  @BeforeEach
  void open() throws IOException {
    http = new CloudHttp("vendor", "VENDOR_KEY", new Secrets(), (status, body) -> body);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = pages.apply(asked.incrementAndGet()).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void close() {
    server.stop(0);
    http.close();
  }

  private List<JsonNode> list() {
    URI base = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    return VendorList.all(
        http,
        next -> CloudCall.of("GET", base.resolve("?" + next.orElse("first"))),
        came ->
            new VendorList.Page(
                came.json().path("all"), VendorList.Came.cursor(came.json().path("next"))));
  }

  private static String page(String entry, String next) {
    return "{\"all\":[\"%s\"],\"next\":\"%s\"}".formatted(entry, next);
  }

  private void assertEndless(String why) {
    assertThatThrownBy(this::list)
        .isInstanceOf(ProviderException.class)
        .hasMessageContaining("vendor gave a list without end")
        .hasMessageContaining(why)
        .extracting(e -> ((SandboxException) e).remedy().orElse(""))
        .asString()
        .contains("labels");
  }

  @Test
  void allPagesAreRead() {
    pages = number -> page("entry " + number, number == 5 ? "" : "page" + number);

    assertThat(list())
        .extracting(JsonNode::asString)
        .containsExactly("entry 1", "entry 2", "entry 3", "entry 4", "entry 5");
  }

  @Test
  void aVendorThatRepeatsACursorIsFoundOut() {
    pages = number -> page("entry", "same");

    assertEndless("leads back");
    assertThat(asked).hasValue(2);
  }

  @Test
  void aVendorThatGoesRoundInCirclesIsFoundOut() {
    pages = number -> page("entry", "page" + number % 7);

    assertEndless("leads back");
    assertThat(asked).hasValue(8);
  }

  @Test
  void aVendorThatAlwaysHasAnotherPageIsLeft() {
    pages = number -> page("entry", "page" + number);

    assertEndless("1000 pages");
    assertThat(asked).hasValue(1000);
  }

  @Test
  void aListThatIsTooLargeIsNotKept() {
    String entry = "x".repeat(12 << 20);
    pages = number -> page(entry, "page" + number);

    assertEndless("3 pages");
    assertThat(asked).hasValue(3);
  }

  @Test
  void aVendorThatTakesTooLongIsLeft() {
    VendorList list = new VendorList("vendor", Duration.ZERO);

    assertThatThrownBy(() -> list.took(1))
        .isInstanceOf(SandboxTimeoutException.class)
        .hasMessageContaining("vendor gave no whole list");
  }
}
