package dev.dunes.hosting;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The keys of accounts, in a file that several programs may use at a time: a server sees at once
 * what the command line does. Of a key only its hash is kept; it has 160 random bits, so a plain
 * hash is enough. Each key is an account of its own. Safe for use by several threads.
 */
public final class ApiKeys {
  private static final int KEY_BYTES = 20;
  private static final int PREFIX_LENGTH = 10;
  private static final int LONGEST_NAME = 100;

  /** The two spellings there are for one key. Sandbox API 2.1. */
  private static final List<String> PREFIXES = List.of("e2b_", "sk-sb-");

  private final KeptList<Kept> kept;
  private volatile Index index = new Index(List.of(), Map.of());

  /** The keys of a list by their hashes. */
  private record Index(List<Kept> of, Map<String, Kept> byHash) {}

  /** A key as it is kept. */
  record Kept(ApiKey key, String hash) {}

  /**
   * A key that was just made.
   *
   * @param key what is kept of it
   * @param secret what clients show; it cannot be had again
   */
  public record Created(ApiKey key, String secret) {
    /** Never shows the secret. */
    @Override
    public String toString() {
      return "Created[" + key + "]";
    }
  }

  /**
   * @param directory of the hosting
   */
  public ApiKeys(Path directory) {
    this.kept = new KeptList<>(directory, "keys", Kept[].class, "keys");
  }

  /**
   * Makes a key.
   *
   * @param name for people
   * @param limits where they differ from the server's
   * @throws IllegalArgumentException for limits that cannot be
   */
  public Created create(String name, Map<String, String> limits) {
    requireNonNull(name, "name");
    if (name.isBlank() || name.length() > LONGEST_NAME || name.chars().anyMatch(c -> c < ' ')) {
      throw new IllegalArgumentException(
          "a key's name has 1 to %d characters, no control characters".formatted(LONGEST_NAME));
    }
    AccountLimits checked = AccountLimits.DEFAULT.with(limits);
    requireNonNull(checked, "checked");
    String random = Tokens.hex(KEY_BYTES);
    String secret = PREFIXES.getFirst() + random;
    ApiKey key =
        new ApiKey(
            Tokens.id("k").substring(0, 12),
            name,
            secret.substring(0, PREFIX_LENGTH),
            Instant.now().truncatedTo(ChronoUnit.MILLIS),
            Optional.empty(),
            limits);
    kept.change(all -> {
      List<Kept> more = new ArrayList<>(all);
      more.add(new Kept(key, hash(random)));
      return more;
    });
    return new Created(key, secret);
  }

  /** All keys, revoked ones too, in the order they were made. */
  public List<ApiKey> list() {
    return kept.all().stream().map(Kept::key).toList();
  }

  /** From now on a key is no good; false when there is none of this id, or it was revoked. */
  public boolean revoke(String id) {
    boolean[] found = new boolean[1];
    kept.change(all ->
        all.stream()
            .map(each -> {
              ApiKey key = each.key();
              if (!key.id().equals(id) || key.revokedAt().isPresent()) {
                return each;
              }
              found[0] = true;
              return new Kept(
                  new ApiKey(
                      key.id(),
                      key.name(),
                      key.prefix(),
                      key.createdAt(),
                      Optional.of(Instant.now().truncatedTo(ChronoUnit.MILLIS)),
                      key.limits()),
                  each.hash());
            })
            .toList());
    return found[0];
  }

  /** The key that was shown, if it is good; both spellings are. */
  public Optional<ApiKey> find(String shown) {
    Optional<String> random =
        PREFIXES.stream()
            .filter(shown::startsWith)
            .map(prefix -> shown.substring(prefix.length()))
            .findFirst();
    if (random.isEmpty()) {
      return Optional.empty();
    }
    // Looked up by hash: how long that takes tells nothing about keys.
    return Optional.ofNullable(current().get(hash(random.get())))
        .map(Kept::key)
        .filter(key -> key.revokedAt().isEmpty());
  }

  /** The key of this id, revoked or not. */
  Optional<ApiKey> get(String id) {
    return current().values().stream()
        .map(Kept::key)
        .filter(key -> key.id().equals(id))
        .findFirst();
  }

  /** Whether there are any that are good. */
  public boolean any() {
    return current().values().stream().anyMatch(kept -> kept.key().revokedAt().isEmpty());
  }

  private static String hash(String random) {
    return HexFormat.of().formatHex(Tokens.sha256(random));
  }

  private Map<String, Kept> current() {
    List<Kept> all = kept.all();
    Index now = index;
    if (now.of() != all) {
      Map<String, Kept> fresh = new HashMap<>();
      all.forEach(each -> fresh.put(each.hash(), each));
      now = new Index(all, Map.copyOf(fresh));
      index = now;
    }
    return now.byHash();
  }
}
