package dev.dunes.server.http;

import java.util.List;

/**
 * What web pages of other origins may do, as said at the start. Agent API, sheet 2.5.
 *
 * @param on whether they may do anything
 * @param origins that may ask; empty for any
 * @param methods they may use; empty for any
 * @param headers they may send; empty for any
 * @param credentials whether browsers may send cookies and the like
 */
public record Cors(
    boolean on,
    List<String> origins,
    List<String> methods,
    List<String> headers,
    boolean credentials) {
  /** Nothing. */
  public static final Cors OFF = new Cors(false, List.of(), List.of(), List.of(), false);

  /**
   * @throws IllegalArgumentException when credentials are allowed to any origin
   */
  public Cors {
    origins = List.copyOf(origins);
    methods = List.copyOf(methods);
    headers = List.copyOf(headers);
    if (on && credentials && (origins.isEmpty() || origins.contains("*"))) {
      throw new IllegalArgumentException(
          "credentials cannot be allowed to every origin: name the origins with --cors-allow-origin");
    }
  }
}
