package dev.dunes.server.hosted;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a client wants of a sandbox's network, checked. E2B wire 2.3. Rules that take access away
 * are kept by giving the sandbox no network at all, which denies more than was asked; rules that
 * would grant or change access are refused, as no sandbox here has a way out that could be
 * filtered.
 *
 * @param offline whether it must have no way out
 * @param publicTraffic whether its ports may be reached without a token
 * @param maskHost what programs in it see as the name of the host; {@code ${PORT}} is the port
 */
public record SandboxNetwork(boolean offline, boolean publicTraffic, Optional<String> maskHost) {
  private static final Pattern ADDRESS =
      Pattern.compile("(\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)(/\\d{1,3})?");
  private static final List<String> ALL = List.of("0.0.0.0/0", "::/0");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.:${}_-]{1,255}");

  static SandboxNetwork of(Body body, boolean secure) {
    boolean internet = body.flag("allow_internet_access", true);
    Body network = body.object("network").orElseGet(Body::empty);
    List<String> deny = egress(network);
    boolean open = network.flag("allowPublicTraffic", true);
    if (!open && !secure) {
      throw Failures.invalid("network.allowPublicTraffic: false needs secure: true");
    }
    if (!network.list("httpsPorts").isEmpty()) {
      throw Failures.invalid(
          "network.httpsPorts: programs in a sandbox are reached by HTTP only; leave it out");
    }
    Optional<String> mask = network.text("maskRequestHost");
    mask.filter(host -> !HOST.matcher(host).matches())
        .ifPresent(host -> {
          throw Failures.invalid("network.maskRequestHost must be the name of a host");
        });
    return new SandboxNetwork(!internet || !deny.isEmpty(), open, mask);
  }

  /**
   * The addresses that are denied, of rules that are all right.
   *
   * @param network the object with {@code allowOut} and so on
   */
  public static List<String> egress(Body network) {
    List<String> allow = network.texts("allowOut").orElse(List.of());
    List<String> deny = network.texts("denyOut").orElse(List.of());
    for (String target : deny) {
      if (!ADDRESS.matcher(target).matches()) {
        throw Failures.invalid(
            "denyOut: '%s' is no address or CIDR block; domains can only be allowed"
                .formatted(target));
      }
    }
    boolean names = allow.stream().anyMatch(target -> !ADDRESS.matcher(target).matches());
    if (names && deny.stream().noneMatch(ALL::contains)) {
      throw Failures.invalid("allowOut has domains: that needs 0.0.0.0/0 in denyOut");
    }
    if (!allow.isEmpty()) {
      throw Failures.invalid(
          "allowOut cannot be granted: a sandbox here has no way out that could be filtered by address; leave it out");
    }
    if (network.object("rules").filter(rules -> !rules.isEmpty()).isPresent()) {
      throw Failures.invalid(
          "rules cannot be applied: requests of a sandbox here are not changed on their way; leave them out");
    }
    if (network.object("egressProxy").isPresent()) {
      throw Failures.invalid(
          "egressProxy cannot be used: a sandbox here has no way out; leave it out");
    }
    return deny;
  }
}
