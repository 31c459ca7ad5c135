package dev.dunes.sandbox;

/** What a sandbox can reach. */
public enum NetworkMode {
  /** Only its own loopback and the relays it was given. */
  NONE,
  /** The host's network, everything included. */
  HOST,
  /** A network of its own with a way out, where the provider offers one. */
  BRIDGE
}
