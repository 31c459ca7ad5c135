package dev.dunes.gateway.egress;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** What a policy says, ready to be asked. Nothing is allowed that no rule names. */
public final class HostRules {
  /** What one rule says. */
  private interface Rule {
    boolean allows(Target target);
  }

  /** All ports of the addresses of a network; names that lead there are not meant. */
  private record NetworkRule(Network network) implements Rule {
    @Override
    public boolean allows(Target target) {
      return target
          .host()
          .literal()
          .filter(address -> network.contains(Network.plain(address.getAddress())))
          .isPresent();
    }
  }

  /**
   * @param suffix of all names below one, with its dot, or the whole name
   * @param below whether names below are meant
   * @param port the only one, or the two of the web when empty; -1 for all
   */
  private record HostRule(String suffix, boolean below, OptionalInt port) implements Rule {
    @Override
    public boolean allows(Target target) {
      boolean portFits =
          port.isPresent()
              ? port.getAsInt() < 0 || port.getAsInt() == target.port()
              : Target.isWebPort(target.port());
      String name = target.host().name();
      if (!portFits) {
        return false;
      }
      // A star stands for names: an address has to be named as such.
      return below
          ? target.host().literal().isEmpty()
              && name.endsWith(suffix)
              && name.length() > suffix.length()
          : name.equals(suffix);
    }
  }

  private final List<Rule> rules;

  private HostRules(List<Rule> rules) {
    this.rules = List.copyOf(rules);
  }

  /**
   * @throws IllegalArgumentException when a rule cannot be, naming it
   */
  public static HostRules of(List<String> allowed) {
    List<Rule> rules = new ArrayList<>();
    for (String each : allowed) {
      try {
        if (Presets.names().contains(each)) {
          Presets.hosts(each).forEach(host -> rules.add(rule(host)));
        } else {
          rules.add(rule(each));
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "egress rule '"
                + each
                + "': "
                + e.getMessage()
                + "; a rule is a host, *.host, host:port, host:*, a network such as 198.51.100.0/24, or one of "
                + Presets.names(),
            e);
      }
    }
    return new HostRules(rules);
  }

  private static Rule rule(String text) {
    if (text.contains("/")) {
      return new NetworkRule(Network.of(text, text));
    }
    String host = text;
    OptionalInt port = OptionalInt.empty();
    int colon = text.lastIndexOf(':');
    if (colon > text.lastIndexOf(']')) {
      host = text.substring(0, colon);
      String digits = text.substring(colon + 1);
      port = OptionalInt.of(digits.equals("*") ? -1 : Target.parse("h:" + digits, 0).port());
    }
    if (host.equals("*")) {
      return new HostRule("", true, port);
    }
    if (host.startsWith("*.")) {
      HostName name = HostName.parse(host.substring(2));
      if (name.literal().isPresent()) {
        throw new IllegalArgumentException("nothing is below an address");
      }
      return new HostRule("." + name.name(), true, port);
    }
    HostName name = HostName.parse(host);
    if (!host.contains(".") && !host.startsWith("[") && port.isEmpty()) {
      throw new IllegalArgumentException("no such preset, and no host with a dot");
    }
    return new HostRule(name.name(), false, port);
  }

  /** Whether a rule names it. */
  public boolean allows(Target target) {
    return rules.stream().anyMatch(rule -> rule.allows(target));
  }
}
