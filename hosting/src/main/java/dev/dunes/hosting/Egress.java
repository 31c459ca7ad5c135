package dev.dunes.hosting;

import dev.dunes.sandbox.HostRelay;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Gives sandboxes a way to the network that keeps to rules. Whoever runs {@link Hosting} brings it;
 * without one no sandbox has such a way. Safe for use by several threads.
 */
public interface Egress {
  /**
   * What a way keeps to.
   *
   * @param allowed as in {@link EgressRules#allowOut()}; nothing else is reached
   * @param headers what requests get
   * @param proxy that all of it takes
   */
  record Rules(List<String> allowed, List<Headers> headers, Optional<SocksProxy> proxy) {}

  /**
   * What requests to a host get.
   *
   * @param host as in {@link HeaderRule#host()}
   * @param now the headers with their secrets, asked at each request; throws {@link
   *     HostingException} when one is not there
   */
  record Headers(String host, Supplier<Map<String, String>> now) {}

  /**
   * Whether a way can keep to this.
   *
   * @throws IllegalArgumentException when it cannot, with what to write instead
   */
  void check(Rules rules);

  /**
   * Opens the way of one sandbox.
   *
   * @param sandbox its id
   * @throws IllegalArgumentException as {@link #check}
   */
  Way open(String sandbox, Rules rules);

  /**
   * Opens the way of a sandbox again that an earlier server had opened.
   *
   * @param secret as {@link Way#secret()} of the earlier one
   * @return empty when that cannot be
   * @throws IllegalArgumentException as {@link #check}
   */
  default Optional<Way> reopen(String sandbox, Rules rules, String secret) {
    return Optional.empty();
  }

  /** The way of one sandbox. */
  interface Way extends AutoCloseable {
    /** What the sandbox is made with: a port of its loopback that leads here. */
    HostRelay relay();

    /** Variables of its processes, such as {@code HTTP_PROXY}. */
    Map<String, String> variables();

    /**
     * The certificate, in PEM, of the authority that signs for hosts whose requests get headers;
     * programs in the sandbox have to trust it. Empty when no headers can be set.
     */
    default Optional<String> authority() {
      return Optional.empty();
    }

    /** What it can be opened again by; kept with the sandbox, for the owner's eyes only. */
    default Optional<String> secret() {
      return Optional.empty();
    }

    /** Replaces what it keeps to; connections to anything else end. */
    void change(Rules rules);

    /** Nothing can be reached any more. Safe to repeat. */
    @Override
    void close();
  }
}
