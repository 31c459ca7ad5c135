package dev.dunes.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** Listens on this machine's loopback; each connection goes a {@link PortWay}. */
final class PortListener implements AutoCloseable {
  private static final int BACKLOG = 128;

  /** At a time; more wait in the kernel. */
  private static final int MOST = 256;

  private static final long LOOK_MILLIS = 1000;

  private final Console console;
  private final PortWay way;
  private final ServerSocket listener;
  private final Thread acceptor;
  private final Semaphore room = new Semaphore(MOST);
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  private PortListener(Console console, PortWay way, ServerSocket listener) {
    this.console = console;
    this.way = way;
    this.listener = listener;
    this.acceptor = Thread.ofVirtual().name("port-listener").unstarted(this::accept);
  }

  /**
   * @param port of this machine; 0 for any
   */
  static PortListener open(Console console, PortWay way, int port) {
    try {
      ServerSocket listener = new ServerSocket();
      listener.bind(
          new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port),
          BACKLOG);
      PortListener all = new PortListener(console, way, listener);
      all.acceptor.start();
      return all;
    } catch (IOException e) {
      throw new Failure(
          ExitCodes.ERROR,
          "cannot listen on 127.0.0.1:%d: %s".formatted(port, e.getMessage()),
          "--local names another port; --local 0 takes one that is free");
    }
  }

  /** Host and port. */
  String address() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  /** Waits until the sandbox is gone, and says why. */
  String awaitEnd() {
    try {
      while (true) {
        Optional<String> ended = way.ended();
        if (ended.isPresent()) {
          return ended.get();
        }
        if (listener.isClosed()) {
          return "no more connections can be taken";
        }
        Thread.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitCodes.INTERRUPTED, "Interrupted.", "");
    }
  }

  private void accept() {
    try {
      while (true) {
        room.acquire();
        Socket client = listener.accept();
        open.add(client);
        Thread.ofVirtual().name("port-connection").start(() -> carry(client));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      close(); // closed, or out of descriptors
    }
  }

  private void carry(Socket client) {
    try {
      client.setTcpNoDelay(true);
      way.carry(client);
    } catch (IOException e) {
      if (!listener.isClosed()) {
        console.complain(
            "a connection broke off: " + Printable.line(String.valueOf(e.getMessage())));
      }
      // Whoever is connected sees a reset, as from a port that is closed, and no orderly end.
      SocketPump.reset(client);
    } catch (InterruptedException e) {
      SocketPump.reset(client);
      Thread.currentThread().interrupt();
    } finally {
      SocketPump.close(client);
      open.remove(client);
      room.release();
    }
  }

  @Override
  public void close() {
    SocketPump.close(listener);
    acceptor.interrupt();
    open.forEach(SocketPump::close);
  }
}
