package dev.dunes.hosting;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.hosting.HostingException.Reason;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Values that requests of sandboxes get in a header on their way out, and that nobody is ever told:
 * no client, no sandbox. An account has its own. Kept in a file that only the owner of the server
 * can read. Safe for use by several threads. E2B wire 2.4.
 */
public final class Secrets {
  /** How many an account may have. */
  public static final int MOST = 1000;

  private static final String ID = "sec_";
  private static final int LONGEST_NAME = 128;
  private static final int LONGEST_VALUE = 2048;
  private static final int MOST_METADATA = 32;
  private static final int LONGEST_METADATA = 8192;
  private static final Pattern NAME = Pattern.compile("[^{}\\p{Cntrl}/]+");
  private static final Pattern VALUE = Pattern.compile("[\\x20-\\x7e]+");
  private static final Pattern PLACEHOLDER =
      Pattern.compile("\\$\\{e2b\\.secrets\\.([^{}\\p{Cntrl}]+)}");
  private static final Pattern ANY_PLACEHOLDER = Pattern.compile("\\$\\{e2b\\.([^}]*)}?");

  private final KeptList<Kept> kept;

  /** One as it is kept. */
  record Kept(String account, SecretInfo info, String value) {
    boolean is(String owner, String idOrName) {
      return account.equals(owner)
          && (info.id().equals(idOrName) || info.name().equals(canonical(idOrName)));
    }

    /** Never shows the value. */
    @Override
    public String toString() {
      return "Kept[%s]".formatted(info);
    }
  }

  /**
   * Of a server, whether it runs or not; several programs may use them at a time.
   *
   * @param directory of the hosting
   */
  public Secrets(Path directory) {
    this.kept = new KeptList<>(directory, "secrets", Kept[].class, "secrets");
  }

  /** Those of an account, by their names. */
  public List<SecretInfo> list(Account account) {
    return kept.all().stream()
        .filter(each -> each.account().equals(account.id()))
        .map(Kept::info)
        .sorted(java.util.Comparator.comparing(SecretInfo::name))
        .toList();
  }

  /**
   * One of an account.
   *
   * @throws HostingException when there is none
   */
  public SecretInfo get(Account account, String idOrName) {
    return find(account.id(), idOrName).map(Kept::info).orElseThrow(() -> missing(idOrName));
  }

  /**
   * Makes one.
   *
   * @param name 1 to 128 characters, made lower case
   * @param value 1 to 2048 printable characters of ASCII, as a header can have them
   * @param metadata at most 32, of 8192 bytes together
   * @throws HostingException for what cannot be, or a name that is taken
   */
  public SecretInfo create(
      Account account, String name, String value, Map<String, String> metadata) {
    String canonical = canonical(name);
    if (!NAME.matcher(canonical).matches()
        || canonical.length() > LONGEST_NAME
        || canonical.startsWith(ID)) {
      throw HostingException.invalid(
          "name: 1 to %d characters, no braces, slashes or control characters, not beginning with %s"
              .formatted(LONGEST_NAME, ID));
    }
    check(value, metadata);
    Instant now = now();
    SecretInfo made = new SecretInfo(Tokens.id(ID), canonical, 1, Map.copyOf(metadata), now, now);
    kept.change(all -> {
      long own = all.stream().filter(each -> each.account().equals(account.id())).count();
      if (own >= MOST) {
        throw new HostingException(
            Reason.LIMIT_REACHED, "an account has at most %d secrets; delete one".formatted(MOST));
      }
      if (all.stream().anyMatch(each -> each.is(account.id(), canonical))) {
        throw new HostingException(
            Reason.EXISTS,
            "secret '%s' is there; give it a new value instead".formatted(canonical));
      }
      List<Kept> more = new ArrayList<>(all);
      more.add(new Kept(account.id(), made, value));
      return more;
    });
    return made;
  }

  /**
   * Gives one a new value, which the next request has.
   *
   * @param metadata in place of what it has; else it stays
   * @throws HostingException when there is none, or for what cannot be
   */
  public SecretInfo update(
      Account account, String idOrName, String value, Optional<Map<String, String>> metadata) {
    check(value, metadata.orElse(Map.of()));
    SecretInfo[] changed = new SecretInfo[1];
    kept.change(all -> {
      List<Kept> now = new ArrayList<>();
      for (Kept each : all) {
        if (each.is(account.id(), idOrName)) {
          SecretInfo old = each.info();
          changed[0] =
              new SecretInfo(
                  old.id(),
                  old.name(),
                  old.version() + 1,
                  metadata.map(Map::copyOf).orElse(old.metadata()),
                  old.createdAt(),
                  now());
          now.add(new Kept(each.account(), changed[0], value));
        } else {
          now.add(each);
        }
      }
      if (changed[0] == null) {
        throw missing(idOrName);
      }
      return now;
    });
    return changed[0];
  }

  /**
   * Removes one; requests that need it are refused from now on.
   *
   * @throws HostingException when there is none
   */
  public void delete(Account account, String idOrName) {
    kept.change(all -> {
      List<Kept> rest = all.stream().filter(each -> !each.is(account.id(), idOrName)).toList();
      if (rest.size() == all.size()) {
        throw missing(idOrName);
      }
      return rest;
    });
  }

  /**
   * A text with the values of an account's secrets in place of their placeholders.
   *
   * @throws HostingException when one is not there
   */
  String fill(String account, String text) {
    return PLACEHOLDER
        .matcher(text)
        .replaceAll(found ->
            Matcher.quoteReplacement(
                find(account, found.group(1)).orElseThrow(() -> missing(found.group(1))).value()));
  }

  /**
   * Whether a text has placeholders that can be filled only.
   *
   * @throws HostingException when it has another one
   */
  static void checkPlaceholders(String field, String text) {
    String rest = PLACEHOLDER.matcher(text).replaceAll("");
    Matcher other = ANY_PLACEHOLDER.matcher(rest);
    if (other.find()) {
      throw HostingException.invalid(
          "%s: '${e2b.%s}' cannot be filled; there is ${e2b.secrets.NAME}"
              .formatted(field, other.group(1)));
    }
  }

  private Optional<Kept> find(String account, String idOrName) {
    return kept.all().stream().filter(each -> each.is(account, idOrName)).findFirst();
  }

  private static void check(String value, Map<String, String> metadata) {
    if (value.length() > LONGEST_VALUE || !VALUE.matcher(value).matches()) {
      throw HostingException.invalid(
          "value: 1 to %d printable characters of ASCII".formatted(LONGEST_VALUE));
    }
    int bytes =
        metadata.entrySet().stream()
            .mapToInt(each ->
                each.getKey().getBytes(UTF_8).length + each.getValue().getBytes(UTF_8).length)
            .sum();
    if (metadata.size() > MOST_METADATA || bytes > LONGEST_METADATA) {
      throw HostingException.invalid(
          "metadata: at most %d entries of %d bytes in all"
              .formatted(MOST_METADATA, LONGEST_METADATA));
    }
  }

  private static String canonical(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }

  private static HostingException missing(String idOrName) {
    return new HostingException(
        Reason.NOT_FOUND, "secret '%s' not found; POST /secrets makes one".formatted(idOrName));
  }
}
