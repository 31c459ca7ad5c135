package dev.dunes.agent.install;

import java.io.IOException;
import java.net.URI;

/** A registry answered, but not with what was asked for. */
final class RefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;

  RefusedException(int status, URI address) {
    super("%s answered %d for %s".formatted(address.getHost(), status, address.getPath()));
    this.status = status;
  }

  /** Whether asking again may help. */
  boolean mayPass() {
    return status == 408 || status == 429 || status >= 500;
  }

  boolean needsCredentials() {
    return status == 401 || status == 403;
  }
}
