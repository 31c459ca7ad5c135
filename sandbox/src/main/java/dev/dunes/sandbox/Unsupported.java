package dev.dunes.sandbox;

/** The one wording for a capability that is missing. */
final class Unsupported {
  private Unsupported() {}

  static UnsupportedCapabilityException by(Sandbox sandbox, String what) {
    return new UnsupportedCapabilityException(
        "provider '%s' cannot %s".formatted(sandbox.provider(), what),
        ErrorDetails.at(sandbox.provider(), sandbox.id())
            .withRemedy("see `ds providers --capabilities` for providers that can"));
  }
}
