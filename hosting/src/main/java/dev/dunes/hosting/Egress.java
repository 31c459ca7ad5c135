package dev.dunes.hosting;

import dev.dunes.sandbox.HostRelay;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Gives sandboxes a way to the network that keeps to rules. Whoever runs {@link Hosting} brings it;
 * without one no sandbox has such a way. Safe for use by several threads.
 */
public interface Egress {
  /**
   * Whether a way can keep to this.
   *
   * @param allowed as in {@link EgressRules#allowOut()}
   * @throws IllegalArgumentException when it cannot, with what to write instead
   */
  void check(List<String> allowed);

  /**
   * Opens the way of one sandbox.
   *
   * @param sandbox its id
   * @param allowed what it may reach; nothing else
   * @throws IllegalArgumentException as {@link #check}
   */
  Way open(String sandbox, List<String> allowed);

  /**
   * Opens the way of a sandbox again that an earlier server had opened.
   *
   * @param secret as {@link Way#secret()} of the earlier one
   * @return empty when that cannot be
   * @throws IllegalArgumentException as {@link #check}
   */
  default Optional<Way> reopen(String sandbox, List<String> allowed, String secret) {
    return Optional.empty();
  }

  /** The way of one sandbox. */
  interface Way extends AutoCloseable {
    /** What the sandbox is made with: a port of its loopback that leads here. */
    HostRelay relay();

    /** Variables of its processes, such as {@code HTTP_PROXY}. */
    Map<String, String> variables();

    /** What it can be opened again by; kept with the sandbox, for the owner's eyes only. */
    default Optional<String> secret() {
      return Optional.empty();
    }

    /** Replaces what it may reach; connections to anything else end. */
    void allow(List<String> allowed);

    /** Nothing can be reached any more. Safe to repeat. */
    @Override
    void close();
  }
}
