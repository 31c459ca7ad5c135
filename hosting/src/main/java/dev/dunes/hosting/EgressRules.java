package dev.dunes.hosting;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a sandbox may reach, and how. Nothing is reached that {@code allowOut} does not name, so
 * that {@code denyOut} is kept whatever it says; it is there to be shown. E2B wire 2.3.
 *
 * @param allowOut hosts, {@code *.host}, {@code host:port}, addresses, networks in CIDR notation
 * @param denyOut addresses and networks in CIDR notation
 * @param headers what requests to hosts get on their way, at most 10 hosts; grants nothing
 * @param proxy that all of it takes
 */
public record EgressRules(
    List<String> allowOut,
    List<String> denyOut,
    List<HeaderRule> headers,
    Optional<SocksProxy> proxy) {
  private static final int MOST = 256;
  private static final int LONGEST = 260;
  private static final int MOST_HOSTS = 10;

  /** Nothing is reached. */
  public static final EgressRules NOTHING = new EgressRules(List.of(), List.of());

  /** All names and public addresses are reached. */
  public static final EgressRules EVERYTHING = new EgressRules(List.of("0.0.0.0/0"), List.of());

  /**
   * @throws HostingException for more than 256 of a kind, or one of more than 260 characters; for
   *     more than 10 hosts with headers, or one twice
   */
  public EgressRules {
    allowOut = checked("allowOut", allowOut);
    denyOut = checked("denyOut", denyOut);
    headers = List.copyOf(Objects.requireNonNullElse(headers, List.of())); // absent in older files
    if (headers.size() > MOST_HOSTS) {
      throw HostingException.invalid("rules: at most %d domains".formatted(MOST_HOSTS));
    }
    if (headers.stream().map(HeaderRule::host).distinct().count() < headers.size()) {
      throw HostingException.invalid("rules: a domain is there twice");
    }
  }

  /** Rules that say where only. */
  public EgressRules(List<String> allowOut, List<String> denyOut) {
    this(allowOut, denyOut, List.of(), Optional.empty());
  }

  private static List<String> checked(String field, List<String> targets) {
    if (targets.size() > MOST || targets.stream().anyMatch(each -> each.length() > LONGEST)) {
      throw HostingException.invalid(
          "%s: at most %d targets of %d characters each".formatted(field, MOST, LONGEST));
    }
    return List.copyOf(targets);
  }
}
