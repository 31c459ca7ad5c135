package dev.dunes.server.acp;

import java.io.IOException;

/** Something came for an ACP server after its client had deleted it, or it was laid to rest. */
final class ServerRemoved extends IOException {
  private static final long serialVersionUID = 1L;

  ServerRemoved(String log) {
    super("the server of " + log + " was removed");
  }
}
