package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.gateway.Gateway;
import dev.dunes.gateway.GatewayOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Stands for the internet on loopback, and says hello to every request but those of {@code /hold},
 * which wait for their end. Names that end with {@code good.example} lead here.
 */
final class Internet implements AutoCloseable {
  static final String HOST = "127.0.0.2";

  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.ofLiteral(HOST));
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final BlockingQueue<String> held = new LinkedBlockingQueue<>();

  Internet() throws IOException {
    Thread.ofVirtual().start(this::accept);
  }

  private void accept() {
    try {
      while (true) {
        Socket connection = listener.accept();
        connections.add(connection);
        Thread.ofVirtual().start(() -> answer(connection));
      }
    } catch (IOException e) {
      assertThat(listener.isClosed()).isTrue();
    }
  }

  private void answer(Socket connection) {
    try (connection) {
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        int each = connection.getInputStream().read();
        if (each < 0) {
          return;
        }
        head.append((char) each);
      }
      if (head.toString().startsWith("GET /hold")) {
        held.add("begun");
        held.add(ended(connection));
        return;
      }
      connection
          .getOutputStream()
          .write(
              "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
                  .getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      held.add("broken");
    }
  }

  private static String ended(Socket connection) {
    try {
      return connection.getInputStream().read() < 0 ? "ended" : "more";
    } catch (IOException e) {
      return "ended"; // a reset is an end
    }
  }

  String next() throws InterruptedException {
    return String.valueOf(held.poll(30, TimeUnit.SECONDS));
  }

  int port() {
    return listener.getLocalPort();
  }

  String url(String host) {
    return "http://%s:%d/".formatted(host, listener.getLocalPort());
  }

  /** A gateway that takes this address for one of the internet; others of loopback stay refused. */
  static Gateway gateway(GatewayOptions options) {
    return Gateway.open(
        options.toBuilder()
            .reachablePrivateNetworks(List.of(HOST + "/32"))
            .resolver(Internet::resolve)
            .build());
  }

  private static List<InetAddress> resolve(String name) throws UnknownHostException {
    if (!name.endsWith("good.example")) {
      throw new UnknownHostException(name);
    }
    return List.of(InetAddress.ofLiteral(HOST));
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket connection : connections) {
      connection.close();
    }
  }
}
