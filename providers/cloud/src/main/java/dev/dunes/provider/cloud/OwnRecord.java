package dev.dunes.provider.cloud;

import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What is kept on this machine about a sandbox of a vendor who keeps nothing. Values of variables
 * are not part of it.
 *
 * @param id at the vendor
 * @param base the vendor's address
 * @param spec labels, lifetime, working directory, and whether it is detached
 * @param state {@link SandboxState#ERROR} when its record cannot be read
 * @param problem why its record cannot be read
 */
public record OwnRecord(
    String id,
    URI base,
    SandboxSpec spec,
    SandboxState state,
    Optional<Instant> createdAt,
    Optional<Instant> deadline,
    Optional<String> problem) {
  /** One whose record cannot be read: only its id is known. */
  static OwnRecord unreadable(String id, URI base, String problem) {
    return new OwnRecord(
        id,
        base,
        SandboxSpec.DEFAULT,
        SandboxState.ERROR,
        Optional.empty(),
        Optional.empty(),
        Optional.of(problem));
  }

  /** As it is shown. */
  public SandboxInfo info(String provider, IsolationTier isolation) {
    return new SandboxInfo(
        id,
        provider,
        state,
        spec.labels(),
        createdAt,
        deadline,
        isolation,
        problem.isPresent()
            ? Map.of("address", base.toString(), "problem", problem.get())
            : Map.of("address", base.toString()));
  }
}
