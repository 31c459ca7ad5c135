package dev.dunes.hosting;

import java.time.Instant;
import java.util.Map;

/**
 * What is told of a secret; its value never is. E2B wire 2.4.
 *
 * @param id begins with {@code sec_}
 * @param name in lower case; {@code ${e2b.secrets.NAME}} in a header of a rule stands for its value
 * @param version from 1; each new value has the next one
 * @param metadata the client's own
 */
public record SecretInfo(
    String id,
    String name,
    long version,
    Map<String, String> metadata,
    Instant createdAt,
    Instant updatedAt) {}
