package dev.dunes.hosting;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.dunes.hosting.HostingException.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Events are sent to who wants them: signed, tried again, and to nobody else. */
class WebhookTest {
  private static final List<String> KILLED = List.of("sandbox.lifecycle.killed");

  @TempDir Path directory;
  private final List<Received> received = new CopyOnWriteArrayList<>();
  private final AtomicInteger failures = new AtomicInteger();
  private HttpServer receiver;
  private Hosting hosting;
  private Account main;

  /** A delivery as it arrived. */
  private record Received(Map<String, List<String>> headers, byte[] body) {
    String header(String name) {
      return headers.get(name).getFirst();
    }

    JsonNode json() {
      return HostingJson.MAPPER.readTree(body);
    }
  }

  @BeforeEach
  void open() throws IOException {
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/",
        exchange -> {
          received.add(
              new Received(
                  Map.copyOf(exchange.getRequestHeaders()),
                  exchange.getRequestBody().readAllBytes()));
          exchange.sendResponseHeaders(failures.getAndDecrement() > 0 ? 500 : 204, -1);
          exchange.close();
        });
    receiver.start();
    hosting = new Hosting(Ground.config(directory).webhookPause(Duration.ofMillis(20)).build());
    main = hosting.mainAccount();
  }

  @AfterEach
  void close() {
    hosting.close();
    receiver.stop(0);
  }

  private String url() {
    return "http://127.0.0.1:%d/hook".formatted(receiver.getAddress().getPort());
  }

  private Webhook hook(Optional<String> secret, List<String> events) {
    return hosting
        .webhooks()
        .create(
            main,
            new WebhookChange(
                Optional.of("mine"),
                Optional.of(url()),
                Optional.empty(),
                Optional.of(events),
                secret));
  }

  private String oneSandbox() {
    HostedSandbox made =
        hosting.create(main, SandboxRequest.of("base").metadata(Map.of("who", "me")));
    hosting.kill(main, made.id());
    return made.id();
  }

  @Test
  void signedOverTheBytesThatAreSent() throws Exception {
    Webhook hook =
        hook(
            Optional.of("s3cret"),
            List.of("sandbox.lifecycle.created", "sandbox.lifecycle.killed"));
    String id = oneSandbox();
    Ground.await("both arrive", () -> received.size() == 2);
    for (Received delivery : received) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update("s3cret".getBytes(StandardCharsets.UTF_8));
      String expected =
          Base64.getEncoder().encodeToString(digest.digest(delivery.body())).replace("=", "");
      assertThat(delivery.header("E2b-signature")).isEqualTo(expected);
      assertThat(delivery.header("E2b-signature-version")).isEqualTo("v1");
      assertThat(delivery.header("E2b-webhook-id")).isEqualTo(hook.id());
      assertThat(delivery.header("Content-type")).isEqualTo("application/json");
      JsonNode json = delivery.json();
      assertThat(json.get("sandboxId").asString()).isEqualTo(id);
      assertThat(json.get("sandbox_id").asString()).isEqualTo(id);
      assertThat(json.at("/eventData/sandbox_metadata/who").asString()).isEqualTo("me");
      assertThat(json.get("event_data")).isEqualTo(json.get("eventData"));
    }
    assertThat(received.stream().map(r -> r.json().get("type").asString()))
        .containsExactlyInAnyOrder("sandbox.lifecycle.created", "sandbox.lifecycle.killed");
    assertThat(received.get(0).header("E2b-delivery-id"))
        .isNotEqualTo(received.get(1).header("E2b-delivery-id"));
  }

  @Test
  void triedFourTimesInAll() {
    hook(Optional.empty(), KILLED);
    failures.set(3);
    oneSandbox();
    Ground.await("the fourth arrives", () -> received.size() == 4);
    assertThat(received.stream().map(r -> r.header("E2b-delivery-id")).distinct()).hasSize(1);
    assertThat(received.getFirst().headers()).doesNotContainKey("E2b-signature");

    failures.set(100);
    received.clear();
    oneSandbox();
    Ground.await("four arrive", () -> received.size() == 4);
    failures.set(0);
    oneSandbox();
    Ground.await("the next arrives", () -> received.size() >= 5);
    assertThat(received).as("no fifth try").hasSize(5);
  }

  @Test
  void changedKeptAndForgotten() {
    Webhook hook = hook(Optional.of("s"), KILLED);
    hosting
        .webhooks()
        .change(
            main,
            hook.id(),
            new WebhookChange(
                Optional.empty(),
                Optional.empty(),
                Optional.of(false),
                Optional.empty(),
                Optional.empty()));
    oneSandbox();
    hosting.close();
    hosting = new Hosting(Ground.config(directory).build());
    Webhook kept = hosting.webhooks().get(main, hook.id());
    assertThat(kept.enabled()).isFalse();
    assertThat(kept.secret()).contains("s");
    assertThat(kept.name()).isEqualTo("mine");
    hosting.webhooks().delete(main, hook.id());
    assertThat(hosting.webhooks().list(main)).isEmpty();
    LifeTest.assertRefused(
        Reason.NOT_FOUND, "no webhook", () -> hosting.webhooks().get(main, hook.id()));
    assertThat(received).isEmpty();
  }

  @Test
  void othersNeitherHearNorReachIntoOurNetwork() {
    ApiKeys.Created key = hosting.keys().create("other", Map.of());
    Account other = hosting.account(key.secret()).orElseThrow();
    Webhook hook = hook(Optional.empty(), KILLED);
    LifeTest.assertRefused(
        Reason.NOT_FOUND, "no webhook", () -> hosting.webhooks().get(other, hook.id()));
    for (String url :
        List.of(
            url(),
            "http://localhost/",
            "http://[::1]/",
            "http://10.0.0.1/",
            "http://169.254.169.254/")) {
      LifeTest.assertRefused(Reason.INVALID, "own network", () -> create(other, url, KILLED));
    }
    HostedSandbox theirs = hosting.create(other, SandboxRequest.of("base"));
    hosting.kill(other, theirs.id());
    oneSandbox();
    Ground.await("ours arrives", () -> received.size() == 1);
    assertThat(received.getFirst().json().get("sandboxId").asString()).isNotEqualTo(theirs.id());
  }

  private Webhook create(Account account, String url, List<String> events) {
    return hosting
        .webhooks()
        .create(
            account,
            new WebhookChange(
                Optional.empty(),
                Optional.of(url),
                Optional.empty(),
                Optional.of(events),
                Optional.empty()));
  }

  @Test
  void whatCannotBe() {
    for (String url :
        List.of("nonsense", "ftp://a/b", "http:///x", "http://u:p@h/", "http://a b/")) {
      LifeTest.assertRefused(Reason.INVALID, "url", () -> create(main, url, KILLED));
    }
    LifeTest.assertRefused(
        Reason.INVALID, "unknown type 'x'", () -> create(main, url(), List.of("x")));
    LifeTest.assertRefused(
        Reason.INVALID, "name at least one", () -> create(main, url(), List.of()));
  }
}
