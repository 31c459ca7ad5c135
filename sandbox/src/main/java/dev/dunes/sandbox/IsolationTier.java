package dev.dunes.sandbox;

import java.util.Locale;

/** How strongly a sandbox is kept apart from its host, weakest first. */
public enum IsolationTier {
  /** Not at all: plain processes. */
  NONE,
  /** Linux namespaces, system call filter, no capabilities; the host's kernel is shared. */
  NAMESPACE,
  /** A user-space kernel between the sandbox and the host's. */
  GVISOR,
  /** A kernel of its own in a virtual machine. */
  MICROVM;

  /** The lower-case name used on every wire. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether this is as strong as the other, or stronger. */
  public boolean atLeast(IsolationTier other) {
    return compareTo(other) >= 0;
  }
}
