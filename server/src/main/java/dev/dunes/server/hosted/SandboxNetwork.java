package dev.dunes.server.hosted;

import dev.dunes.hosting.EgressRules;
import dev.dunes.hosting.HeaderRule;
import dev.dunes.hosting.SocksProxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * What a client wants of a sandbox's network, checked. E2B wire 2.3. A sandbox reaches nothing that
 * is not allowed, so that whatever is denied is kept; what could not be kept is refused.
 *
 * @param egress what it may reach, when anything was said about that
 * @param publicTraffic whether its ports may be reached without a token
 * @param maskHost what programs in it see as the name of the host; {@code ${PORT}} is the port
 * @param httpsPorts where programs in it speak TLS
 */
public record SandboxNetwork(
    Optional<EgressRules> egress,
    boolean publicTraffic,
    Optional<String> maskHost,
    List<Integer> httpsPorts) {
  private static final Pattern ADDRESS =
      Pattern.compile("(\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)(/\\d{1,3})?");
  private static final Pattern DOMAIN =
      Pattern.compile("(\\*\\.)?[^*/:@\\s]+\\.[^*/:@\\s]+(:\\d{1,5})?");
  private static final List<String> ALL = List.of("0.0.0.0/0", "::/0");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.:${}_-]{1,255}");

  static SandboxNetwork of(Body body, boolean secure) {
    Body network = body.object("network").orElseGet(Body::empty);
    boolean open = network.flag("allowPublicTraffic", true);
    if (!open && !secure) {
      throw Failures.invalid("network.allowPublicTraffic: false needs secure: true");
    }
    Optional<String> mask = network.text("maskRequestHost");
    mask.filter(host -> !HOST.matcher(host).matches())
        .ifPresent(host -> {
          throw Failures.invalid("network.maskRequestHost must be the name of a host");
        });
    return new SandboxNetwork(
        egress(network, body.flag("allow_internet_access", true)),
        open,
        mask,
        ports(network.list("httpsPorts")));
  }

  private static List<Integer> ports(List<JsonNode> given) {
    return given.stream()
        .map(port -> {
          if (!port.isIntegralNumber() || !port.canConvertToInt()) {
            throw Failures.invalid("network.httpsPorts must be a list of whole numbers");
          }
          return port.intValue();
        })
        .toList();
  }

  /**
   * What may be reached; empty when nothing was said.
   *
   * @param network the object with {@code allowOut} and so on
   * @param internet false as if {@code 0.0.0.0/0} were denied
   */
  public static Optional<EgressRules> egress(Body network, boolean internet) {
    List<String> allow = network.texts("allowOut").orElse(List.of());
    List<String> deny = network.texts("denyOut").orElse(List.of());
    for (String target : deny) {
      if (!ADDRESS.matcher(target).matches()) {
        throw Failures.invalid(
            "denyOut: '%s' is no address or CIDR block; domains can only be allowed"
                .formatted(target));
      }
    }
    boolean names = false;
    for (String target : allow) {
      boolean name = !ADDRESS.matcher(target).matches();
      if (name && !DOMAIN.matcher(target).matches()) {
        throw Failures.invalid(
            "allowOut: '%s' is no domain, *.domain, address or CIDR block".formatted(target));
      }
      names |= name;
    }
    if (names && internet && deny.stream().noneMatch(ALL::contains)) {
      throw Failures.invalid("allowOut has domains: that needs 0.0.0.0/0 in denyOut");
    }
    List<HeaderRule> rules = rules(network);
    Optional<SocksProxy> proxy = network.object("egressProxy").map(SandboxNetwork::proxy);
    return internet && allow.isEmpty() && deny.isEmpty() && rules.isEmpty() && proxy.isEmpty()
        ? Optional.empty()
        : Optional.of(new EgressRules(allow, deny, rules, proxy));
  }

  /** By domain a list of rules, of which one may say something. */
  private static List<HeaderRule> rules(Body network) {
    Body rules = network.object("rules").orElseGet(Body::empty);
    List<HeaderRule> headers = new ArrayList<>();
    for (String domain : rules.names()) {
      List<Body> given = rules.objects(domain);
      if (given.size() > 1) {
        throw Failures.invalid("rules.%s: one transform at most".formatted(domain));
      }
      for (Body rule : given) {
        rule.object("transform")
            .ifPresent(transform -> headers.add(new HeaderRule(domain, transform.map("headers"))));
      }
    }
    return headers;
  }

  private static SocksProxy proxy(Body given) {
    return new SocksProxy(
        given.required("address"), given.text("username"), given.text("password"));
  }
}
