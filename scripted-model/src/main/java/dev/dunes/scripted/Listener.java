package dev.dunes.scripted;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens at a loopback port, which it keeps while it refuses connections. */
final class Listener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
  private static final int BACKLOG = 4096;
  private static final Duration NOTICE = Duration.ofSeconds(10);

  private final Consumer<Socket> handler;
  private final InetSocketAddress address;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private ServerSocket listening;
  private Thread accepting;

  /** A socket that is bound to the port and does not listen, while connections are refused. */
  private @Nullable Socket reservation;

  private boolean closed;

  Listener(int port, Consumer<Socket> handler) {
    this.handler = handler;
    this.listening = bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    this.address = (InetSocketAddress) listening.getLocalSocketAddress();
    this.accepting = accept(listening);
  }

  int port() {
    return address.getPort();
  }

  private static ServerSocket bind(InetSocketAddress address) {
    try {
      ServerSocket socket = new ServerSocket();
      socket.setReuseAddress(true);
      socket.bind(address, BACKLOG);
      return socket;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen at " + address, e);
    }
  }

  private Thread accept(ServerSocket socket) {
    return Thread.ofVirtual().name("scripted-model-accept").start(() -> acceptAll(socket));
  }

  private void acceptAll(ServerSocket socket) {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        connections.add(connection);
        if (socket.isClosed()) {
          forget(connection);
          return;
        }
        Thread.ofVirtual().name("scripted-model-connection").start(() -> handle(connection));
      } catch (IOException e) {
        LOG.debug("accept: {}", e.toString());
      }
    }
  }

  private void handle(Socket connection) {
    try {
      handler.accept(connection);
    } finally {
      forget(connection);
    }
  }

  private void forget(Socket connection) {
    connections.remove(connection);
    closeQuietly(connection);
  }

  /** Refuses connections from now on and ends those there are. */
  void refuse() {
    lock.lock();
    try {
      if (closed || reservation != null) {
        return;
      }
      closeQuietly(listening);
      // The port is free only when the thread that waits at it has noticed.
      if (!accepting.join(NOTICE)) {
        throw new IllegalStateException("the thread that accepts connections does not end");
      }
      Socket bound = new Socket();
      bound.setReuseAddress(true);
      bound.bind(address);
      reservation = bound;
      connections.forEach(this::forget);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep " + address, e);
    } finally {
      lock.unlock();
    }
  }

  /** Listens again. */
  void listen() {
    lock.lock();
    try {
      if (closed || reservation == null) {
        return;
      }
      listening = bind(address);
      closeQuietly(reservation);
      reservation = null;
      accepting = accept(listening);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      closeQuietly(listening);
      if (reservation != null) {
        closeQuietly(reservation);
        reservation = null;
      }
      connections.forEach(this::forget);
    } finally {
      lock.unlock();
    }
  }

  private static void closeQuietly(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      LOG.debug("close: {}", e.toString());
    }
  }
}
