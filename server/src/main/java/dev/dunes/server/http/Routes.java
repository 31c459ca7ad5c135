package dev.dunes.server.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Finds the route of a request. */
public final class Routes {
  private final List<Route> all;

  public Routes(List<Route> all) {
    this.all = List.copyOf(all);
  }

  public List<Route> all() {
    return all;
  }

  /**
   * A route and the parameters of the path.
   *
   * @param route that was found
   * @param parameters by name
   */
  public record Match(Route route, Map<String, String> parameters) {}

  /** The route of a method and path. */
  public Optional<Match> find(String method, String path) {
    Optional<String[]> segments = segments(path);
    if (segments.isEmpty()) {
      return Optional.empty();
    }
    return all.stream()
        .filter(route -> route.method().equals(method))
        .flatMap(
            route -> route.match(segments.get()).map(found -> new Match(route, found)).stream())
        .findFirst();
  }

  /** The methods there are at a path, for the header {@code Allow}; empty when it is unknown. */
  public List<String> methods(String path) {
    return segments(path)
        .map(segments ->
            List.copyOf(
                new TreeSet<>(
                    all.stream()
                        .filter(route -> route.match(segments).isPresent())
                        .map(Route::method)
                        .toList())))
        .orElse(List.of());
  }

  /** Decoded after they were split: an encoded slash never makes two segments. */
  private static Optional<String[]> segments(String path) {
    if (!path.startsWith("/")) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          Arrays.stream(path.substring(1).split("/", -1))
              .map(
                  segment -> URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8))
              .toArray(String[]::new));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
