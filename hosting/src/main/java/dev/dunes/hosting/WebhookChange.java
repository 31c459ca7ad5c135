package dev.dunes.hosting;

import java.util.List;
import java.util.Optional;

/**
 * What a webhook shall be, or what shall be different about one.
 *
 * @param name for people
 * @param url where events are sent
 * @param enabled whether they are
 * @param events which
 * @param secret what deliveries are signed with
 */
public record WebhookChange(
    Optional<String> name,
    Optional<String> url,
    Optional<Boolean> enabled,
    Optional<List<String>> events,
    Optional<String> secret) {}
