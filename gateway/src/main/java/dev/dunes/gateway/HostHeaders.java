package dev.dunes.gateway;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * Headers that requests of a sandbox to one host get on their way, such as one with a key that the
 * sandbox itself never has. They replace those of the same name. For that the gateway ends the TLS
 * of the sandbox and begins one of its own with the host; requests without TLS are refused. A rule
 * allows nothing by itself.
 *
 * @param host a name, or {@code *.example.com} for all below one; an exact name comes before a
 *     pattern, a longer pattern before a shorter one
 * @param source asked at each request
 */
public record HostHeaders(String host, Source source) {
  /** Where the headers come from. */
  @FunctionalInterface
  public interface Source {
    /**
     * The headers by their names, now. Called from any thread; must not block for long.
     *
     * @throws UnavailableException when they cannot be told; the request is not sent then
     */
    Map<String, String> headers() throws UnavailableException;
  }

  /** The headers of a request cannot be told; the message goes to the sandbox. */
  public static final class UnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * @param message without any secret, with a remedy
     */
    public UnavailableException(String message) {
      super(message);
    }
  }

  public HostHeaders {
    requireNonNull(host, "host");
    requireNonNull(source, "source");
  }

  /** The headers may be secret. */
  @Override
  public String toString() {
    return "HostHeaders[%s]".formatted(host);
  }
}
