package dev.dunes.sandbox.spi;

import dev.dunes.sandbox.Sandbox;

/**
 * Closes a handle that was looked up for one call; a handle that did not make its sandbox never
 * destroys it.
 */
record HandleOnly(Sandbox sandbox) implements AutoCloseable {
  @Override
  public void close() {
    sandbox.close();
  }
}
