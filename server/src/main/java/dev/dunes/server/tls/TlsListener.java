package dev.dunes.server.tls;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;

/** How a listener speaks TLS with a certificate of the local authority. */
public final class TlsListener {
  private TlsListener() {}

  /** The same listener with TLS; HTTP/1.1 only, as E2B wire 2.1 wants it. */
  public static HttpServerOptions with(HttpServerOptions plain, LocalAuthority.Leaf leaf) {
    return new HttpServerOptions(plain)
        .setSsl(true)
        .setUseAlpn(false)
        .setKeyCertOptions(
            new PemKeyCertOptions()
                .addCertValue(Buffer.buffer(leaf.chain()))
                .addKeyValue(Buffer.buffer(leaf.key())));
  }
}
