package dev.dunes.hosting;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends events to webhooks: at most 10 s a try, three more tries. What is under way when the server
 * ends is not sent again. Sandbox API 2.6.
 */
final class WebhookSender implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WebhookSender.class);
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int TRIES = 4;

  /** How many deliveries may wait; what comes then is dropped, and logged. */
  private static final int MOST_WAITING = 10_000;

  private final Webhooks webhooks;
  private final Duration pause;
  private final Set<Thread> sending = ConcurrentHashMap.newKeySet();
  private final Semaphore places = new Semaphore(MOST_WAITING);
  private final ReentrantLock making = new ReentrantLock();
  private @Nullable HttpClient made;
  private volatile boolean closed;

  /**
   * @param pause between tries
   */
  WebhookSender(Webhooks webhooks, Duration pause) {
    this.webhooks = webhooks;
    this.pause = pause;
  }

  void send(HostingEvent event) {
    for (Webhook webhook : webhooks.wanting(event)) {
      if (closed || !places.tryAcquire()) {
        LOG.warn("event {} is not sent to webhook {}: too many wait", event.id(), webhook.id());
        continue;
      }
      Thread thread =
          Thread.ofVirtual()
              .name("dunes-webhook-" + webhook.id())
              .unstarted(() -> {
                try {
                  deliver(webhook, event);
                } finally {
                  sending.remove(Thread.currentThread());
                  places.release();
                }
              });
      sending.add(thread);
      thread.start();
    }
  }

  private void deliver(Webhook webhook, HostingEvent event) {
    byte[] body = HostingJson.MAPPER.writeValueAsBytes(event.wire());
    String delivery = Tokens.id("dl");
    try {
      for (int i = 1; i <= TRIES && webhooks.stands(webhook); i++) {
        if (i > 1) {
          Thread.sleep(pause);
        }
        if (once(webhook, delivery, body)) {
          return;
        }
      }
      LOG.warn("webhook {} did not take event {}", webhook.id(), event.id());
    } catch (InterruptedException e) {
      LOG.debug("webhook {}: event {} was not delivered", webhook.id(), event.id());
    }
  }

  private boolean once(Webhook webhook, String delivery, byte[] body) throws InterruptedException {
    if (!webhooks.reachable(webhook)) {
      LOG.warn("webhook {} leads into the server's own network", webhook.id());
      return false;
    }
    HttpRequest.Builder request =
        HttpRequest.newBuilder(webhook.url())
            .timeout(LIMIT)
            .header("content-type", "application/json")
            .header("e2b-webhook-id", webhook.id())
            .header("e2b-delivery-id", delivery)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    webhook
        .secret()
        .ifPresent(secret ->
            request
                .header("e2b-signature-version", "v1")
                .header("e2b-signature", signature(secret, body)));
    try {
      HttpResponse<Void> response =
          client().send(request.build(), HttpResponse.BodyHandlers.discarding());
      if (response.statusCode() / 100 == 2) {
        return true;
      }
      LOG.debug("webhook {} answered {}", webhook.id(), response.statusCode());
    } catch (IOException e) {
      LOG.debug("webhook {} cannot be reached: {}", webhook.id(), e.toString());
    }
    return false;
  }

  /**
   * Made for the first delivery: most servers have no webhook, and a client reads all certificates
   * of the host.
   */
  private HttpClient client() throws IOException {
    making.lock();
    try {
      if (closed) {
        throw new IOException("the server is ending");
      }
      HttpClient client = made;
      if (client == null) {
        client =
            HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(LIMIT)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
        made = client;
      }
      return client;
    } finally {
      making.unlock();
    }
  }

  static String signature(String secret, byte[] body) {
    return Base64.getEncoder()
        .withoutPadding()
        .encodeToString(Tokens.sha256(secret.getBytes(StandardCharsets.UTF_8), body));
  }

  @Override
  public void close() {
    making.lock();
    try {
      closed = true;
      sending.forEach(Thread::interrupt);
      if (made != null) {
        made.shutdownNow();
      }
    } finally {
      making.unlock();
    }
  }
}
