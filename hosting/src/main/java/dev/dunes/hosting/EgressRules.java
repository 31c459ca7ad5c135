package dev.dunes.hosting;

import java.util.List;

/**
 * What a sandbox may reach. Nothing is reached that {@code allowOut} does not name, so that {@code
 * denyOut} is kept whatever it says; it is there to be shown. E2B wire 2.3.
 *
 * @param allowOut hosts, {@code *.host}, {@code host:port}, addresses, networks in CIDR notation
 * @param denyOut addresses and networks in CIDR notation
 */
public record EgressRules(List<String> allowOut, List<String> denyOut) {
  private static final int MOST = 256;
  private static final int LONGEST = 260;

  /** Nothing is reached. */
  public static final EgressRules NOTHING = new EgressRules(List.of(), List.of());

  /**
   * @throws HostingException for more than 256 of a kind, or one of more than 260 characters
   */
  public EgressRules {
    allowOut = checked("allowOut", allowOut);
    denyOut = checked("denyOut", denyOut);
  }

  private static List<String> checked(String field, List<String> targets) {
    if (targets.size() > MOST || targets.stream().anyMatch(each -> each.length() > LONGEST)) {
      throw HostingException.invalid(
          "%s: at most %d targets of %d characters each".formatted(field, MOST, LONGEST));
    }
    return List.copyOf(targets);
  }
}
