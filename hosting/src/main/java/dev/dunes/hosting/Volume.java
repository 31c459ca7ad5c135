package dev.dunes.hosting;

import java.time.Instant;

/**
 * Files of an account that outlive its sandboxes. E2B wire 2.4.
 *
 * @param id of lower-case letters and digits
 * @param account whose it is
 * @param name unique among the account's
 * @param token gives access to the files, and to nothing else
 * @param provider where it is
 * @param sizeMb the most its files may take, MiB
 * @param createdAt when it was made
 */
public record Volume(
    String id,
    String account,
    String name,
    String token,
    String provider,
    int sizeMb,
    Instant createdAt) {
  /** Tokens are for answers only, never for logs. */
  @Override
  public String toString() {
    return "Volume[%s, %s]".formatted(id, name);
  }
}
