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

  String remedy() {
    return switch (status) {
      case 401, 403 -> "put its credentials into ~/.npmrc, as //host/:_authToken=…";
      case 407 ->
          "put name:password@ into HTTPS_PROXY; if they are there, start Java with -D%s="
              .formatted(Proxies.TUNNEL_SCHEMES);
      default -> "ask for it there later, or use another registry with DUNES_NPM_REGISTRY";
    };
  }
}
