package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A SOCKS5 proxy on loopback that leads every name to loopback. {@code EgressThroughSocksTest}
 * proves it with the JDK's own client.
 */
final class FakeSocks implements AutoCloseable {
  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
  private final Optional<String> login;
  private final int refusal;

  /**
   * @param login {@code user:password} that it asks for
   * @param refusal what it answers, 0 to connect
   */
  FakeSocks(Optional<String> login, int refusal) throws IOException {
    this.login = login;
    this.refusal = refusal;
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** What it was asked for next, such as {@code name good.example:443}. */
  String asked() throws InterruptedException {
    return String.valueOf(asked.poll(10, TimeUnit.SECONDS));
  }

  int waiting() {
    return asked.size();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        connections.add(client);
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      DataInputStream in = new DataInputStream(client.getInputStream());
      if (in.readByte() != 5) {
        return;
      }
      byte[] methods = in.readNBytes(in.readUnsignedByte());
      byte method = (byte) (login.isPresent() ? 2 : 0);
      boolean offered = new String(methods, US_ASCII).indexOf(method) >= 0;
      client.getOutputStream().write(new byte[] {5, offered ? method : (byte) 0xff});
      if (!offered || (login.isPresent() && !admits(in, client))) {
        return;
      }
      in.readNBytes(3);
      String host =
          switch (in.readByte()) {
            case 1 -> "address " + InetAddress.getByAddress(in.readNBytes(4)).getHostAddress();
            case 3 -> "name " + new String(in.readNBytes(in.readUnsignedByte()), US_ASCII);
            default -> "address " + InetAddress.getByAddress(in.readNBytes(16)).getHostAddress();
          };
      int port = in.readUnsignedShort();
      asked.add(host + ":" + port);
      client.getOutputStream().write(new byte[] {5, (byte) refusal, 0, 1, 0, 0, 0, 0, 0, 0});
      if (refusal == 0) {
        relay(client, port);
      }
    } catch (IOException e) {
      asked.add("broke off");
    }
  }

  private boolean admits(DataInputStream in, Socket client) throws IOException {
    in.readByte();
    String user = new String(in.readNBytes(in.readUnsignedByte()), UTF_8);
    String password = new String(in.readNBytes(in.readUnsignedByte()), UTF_8);
    boolean good = login.get().equals(user + ":" + password);
    client.getOutputStream().write(new byte[] {1, (byte) (good ? 0 : 1)});
    return good;
  }

  private void relay(Socket client, int port) throws IOException {
    try (Socket server = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
      connections.add(server);
      Thread back =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  server.getInputStream().transferTo(client.getOutputStream());
                  client.shutdownOutput();
                } catch (IOException e) {
                  asked.add("broke off");
                }
              });
      client.getInputStream().transferTo(server.getOutputStream());
      server.shutdownOutput();
      back.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket each : connections) {
      each.close();
    }
  }
}
