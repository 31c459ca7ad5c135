package dev.dunes.provider.cloud;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * The bounds of a list that a vendor gives page by page: at most 1000 pages, 32 MiB and five
 * minutes, and no page twice. A list that is longer is an error and never a part of it: what is not
 * on it would be taken for gone, while somebody pays for it.
 */
public final class VendorList {
  private static final int MOST_PAGES = 1000;
  private static final long MOST_BYTES = 32 << 20;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final String provider;
  private final Duration limit;
  private final long begin = System.nanoTime();
  private final Set<String> asked = new HashSet<>();
  private int pages;
  private long bytes;

  public VendorList(String provider) {
    this(provider, LIMIT);
  }

  VendorList(String provider, Duration limit) {
    this.provider = requireNonNull(provider, "provider");
    this.limit = requireNonNull(limit, "limit");
  }

  /**
   * A page has come, and there may be another.
   *
   * @param size of the page, in bytes
   * @throws SandboxException when the list is too long
   */
  public void took(long size) {
    bytes += size;
    pages++;
    if (pages >= MOST_PAGES || bytes > MOST_BYTES) {
      throw new ProviderException(
          "%s gave a list without end: %d pages, %d bytes".formatted(provider, pages, bytes),
          details());
    }
    if (System.nanoTime() - begin > limit.toNanos()) {
      throw new SandboxTimeoutException(
          "%s gave no whole list within %d s".formatted(provider, limit.toSeconds()), details());
    }
  }

  /** The next page is asked for by this, which may not have been before. */
  public void next(String cursor) {
    if (!asked.add(cursor)) {
      throw new ProviderException(
          "%s gave a list without end: page %d leads back to one before it"
              .formatted(provider, pages),
          details());
    }
  }

  private ErrorDetails details() {
    return ErrorDetails.NONE
        .withProvider(provider)
        .withRemedy("name labels to get a shorter list; see its status page");
  }

  /**
   * A page.
   *
   * @param entries an array
   * @param next asks for the next one; empty at the last
   */
  public record Page(JsonNode entries, Optional<String> next) {}

  /**
   * A page as it came.
   *
   * @param headers of HTTP
   */
  public record Came(HttpHeaders headers, JsonNode json) {
    /** A text that asks for the next page; one without letters asks for none. */
    public static Optional<String> cursor(JsonNode shown) {
      return Optional.of(shown.asString("")).filter(text -> !text.isEmpty());
    }
  }

  /**
   * All entries of all pages.
   *
   * @param ask makes the request for a page, the first by nothing
   * @param read what is in a page
   */
  public static List<JsonNode> all(
      CloudHttp http, Function<Optional<String>, CloudCall> ask, Function<Came, Page> read) {
    VendorList list = new VendorList(http.provider());
    List<JsonNode> all = new ArrayList<>();
    Optional<String> cursor = Optional.empty();
    while (true) {
      CloudHttp.Whole whole = http.whole(ask.apply(cursor));
      Page page = read.apply(new Came(whole.headers(), whole.json()));
      page.entries().forEach(all::add);
      cursor = page.next();
      if (cursor.isEmpty()) {
        return all;
      }
      list.took(whole.bytes());
      list.next(cursor.get());
    }
  }
}
