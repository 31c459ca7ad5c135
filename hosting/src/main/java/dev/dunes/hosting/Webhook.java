package dev.dunes.hosting;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Who wants to hear of events.
 *
 * @param id of the webhook
 * @param account whose events
 * @param name for people
 * @param url where they are sent
 * @param enabled whether they are
 * @param events the types on the wire
 * @param secret what deliveries are signed with
 * @param createdAt when it was made
 */
public record Webhook(
    String id,
    String account,
    String name,
    URI url,
    boolean enabled,
    List<String> events,
    Optional<String> secret,
    Instant createdAt) {
  public Webhook {
    events = List.copyOf(events);
  }

  /** Never shows the secret. */
  @Override
  public String toString() {
    return "Webhook[%s, %s, %s]".formatted(id, url, events);
  }
}
