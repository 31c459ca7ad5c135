package dev.dunes.server.e2b.proxy;

import dev.dunes.server.e2b.Gone;
import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * TLS to a program in a sandbox. Who it is is known by the way there, which nobody else is on: the
 * certificate is not looked at. E2B wire 2.3, {@code httpsPorts}.
 */
final class ProgramTls {
  private static final int HANDSHAKE_MILLIS = 10_000;
  private static final SSLContext CONTEXT = context();

  private ProgramTls() {}

  /**
   * @param socket to the program; closed with the result
   * @throws HttpFailure 502 when the program does not speak TLS
   */
  static Socket over(Socket socket, Exchange exchange, PortCall call) throws IOException {
    SSLSocket secure =
        (SSLSocket) CONTEXT.getSocketFactory().createSocket(socket, "localhost", call.port(), true);
    int before = socket.getSoTimeout();
    socket.setSoTimeout(HANDSHAKE_MILLIS);
    try {
      secure.startHandshake();
    } catch (SSLException e) {
      throw new HttpFailure(Gone.noTls(exchange, call.sandbox().id(), call.port()));
    }
    socket.setSoTimeout(before);
    return secure;
  }

  private static SSLContext context() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Anybody()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no TLS", e);
    }
  }

  private static final class Anybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
