package dev.dunes.hosting;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.core.JacksonException;

/** Who wants to hear of events, kept in a file. Safe for use by several threads. */
public final class Webhooks {
  private static final int MOST = 50;
  private static final List<String> TYPES =
      Arrays.stream(HostingEvent.Type.values()).map(HostingEvent.Type::wireName).toList();

  private final Path directory;
  private final Path file;
  private final boolean privateAddresses;
  private final ReentrantLock lock = new ReentrantLock();
  private List<Webhook> all;

  /**
   * @param privateAddresses whether accounts other than the main one may name addresses of this
   *     machine and its network
   */
  Webhooks(Path directory, boolean privateAddresses) {
    this.directory = directory;
    this.file = directory.resolve("webhooks.json");
    this.privateAddresses = privateAddresses;
    this.all = read();
  }

  /** Adds one; it needs a URL and events. */
  public Webhook create(Account account, WebhookChange wanted) {
    String url = wanted.url().orElseThrow(() -> HostingException.invalid("url is required"));
    List<String> events =
        wanted.events().orElseThrow(() -> HostingException.invalid("events is required"));
    Webhook webhook =
        new Webhook(
            Tokens.id("wh"),
            account.id(),
            wanted.name().orElse(""),
            url(account, url),
            wanted.enabled().orElse(true),
            types(events),
            wanted.secret(),
            Instant.now().truncatedTo(ChronoUnit.MILLIS));
    lock.lock();
    try {
      if (list(account).size() >= MOST) {
        throw new HostingException(
            HostingException.Reason.LIMIT_REACHED, "there may be %d webhooks".formatted(MOST));
      }
      List<Webhook> more = new ArrayList<>(all);
      more.add(webhook);
      keep(more);
      return webhook;
    } finally {
      lock.unlock();
    }
  }

  /** All of an account, in the order they were made. */
  public List<Webhook> list(Account account) {
    lock.lock();
    try {
      return all.stream().filter(webhook -> webhook.account().equals(account.id())).toList();
    } finally {
      lock.unlock();
    }
  }

  /** One of an account. */
  public Webhook get(Account account, String id) {
    return list(account).stream()
        .filter(webhook -> webhook.id().equals(id))
        .findFirst()
        .orElseThrow(() ->
            new HostingException(
                HostingException.Reason.NOT_FOUND, "no webhook '%s'".formatted(id)));
  }

  /** Changes what is named. */
  public Webhook change(Account account, String id, WebhookChange change) {
    lock.lock();
    try {
      Webhook old = get(account, id);
      Webhook changed =
          new Webhook(
              id,
              account.id(),
              change.name().orElse(old.name()),
              change.url().map(url -> url(account, url)).orElse(old.url()),
              change.enabled().orElse(old.enabled()),
              change.events().map(Webhooks::types).orElse(old.events()),
              change.secret().or(old::secret),
              old.createdAt());
      keep(all.stream().map(webhook -> webhook.id().equals(id) ? changed : webhook).toList());
      return changed;
    } finally {
      lock.unlock();
    }
  }

  /** Forgets one. */
  public void delete(Account account, String id) {
    lock.lock();
    try {
      Webhook old = get(account, id);
      keep(all.stream().filter(webhook -> webhook != old).toList());
    } finally {
      lock.unlock();
    }
  }

  /** Those that want to hear of an event now. */
  List<Webhook> wanting(HostingEvent event) {
    lock.lock();
    try {
      return all.stream()
          .filter(webhook -> webhook.enabled() && webhook.account().equals(event.account()))
          .filter(webhook -> webhook.events().contains(event.type().wireName()))
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** Whether a webhook is still as it was. */
  boolean stands(Webhook webhook) {
    lock.lock();
    try {
      return all.contains(webhook);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether events may be sent there now. Names are looked up each time, as they may come to mean
   * something else.
   */
  boolean reachable(Webhook webhook) {
    return privateAddresses
        || webhook.account().equals(Account.MAIN)
        || !isPrivate(webhook.url().getHost());
  }

  private URI url(Account account, String text) {
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      throw HostingException.invalid("url: '%s' is no URL".formatted(text));
    }
    String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https") || url.getHost() == null) {
      throw HostingException.invalid("url: use http:// or https:// and a host");
    }
    if (url.getUserInfo() != null) {
      throw HostingException.invalid("url: put no user or password into it");
    }
    if (!privateAddresses && !account.main() && isPrivate(url.getHost())) {
      throw HostingException.invalid(
          "url: addresses of the server's own network are not for this account");
    }
    return url;
  }

  private static boolean isPrivate(String host) {
    try {
      return Arrays.stream(InetAddress.getAllByName(host)).anyMatch(Webhooks::isPrivate);
    } catch (UnknownHostException e) {
      return false; // nothing is sent there either
    }
  }

  private static boolean isPrivate(InetAddress address) {
    byte[] bytes = address.getAddress();
    boolean uniqueLocal = bytes.length == 16 && (bytes[0] & 0xFE) == 0xFC;
    boolean shared = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xC0) == 64;
    return address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()
        || uniqueLocal
        || shared;
  }

  private static List<String> types(List<String> events) {
    if (events.isEmpty()) {
      throw HostingException.invalid("events: name at least one of " + String.join(", ", TYPES));
    }
    for (String event : events) {
      if (!TYPES.contains(event)) {
        throw HostingException.invalid(
            "events: unknown type '%s'; there are %s".formatted(event, String.join(", ", TYPES)));
      }
    }
    return events.stream().distinct().toList();
  }

  private List<Webhook> read() {
    try {
      return List.of(HostingJson.MAPPER.readValue(Files.readAllBytes(file), Webhook[].class));
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    } catch (JacksonException e) {
      throw new UncheckedIOException(
          new IOException(file + " is no list of webhooks: " + e.getOriginalMessage(), e));
    }
  }

  private void keep(List<Webhook> now) {
    try {
      HostingJson.makeDirectory(directory);
      HostingJson.write(file, now, true);
      all = List.copyOf(now);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }
}
