package dev.dunes.provider.cloud;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.PortAccess;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Ports of a sandbox by way of commands: each connection is one that passes its bytes on inside.
 * Nothing is open to anybody else, as the public addresses are that vendors give to ports. What
 * goes in is as fast as the input of a command at the vendor.
 */
final class ExecPorts implements PortAccess {
  private static final int LAST_PORT = 65_535;
  private static final int BACKLOG = 50;

  /** At the same time, for each port. */
  private static final int MOST_CONNECTIONS = 256;

  private static final int PIECE = 64 << 10;
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final String LISTENS = "0A";

  /** Whether there is a program that can pass bytes on. */
  private static final String HAS_RELAY =
      "command -v python3 >/dev/null || command -v socat >/dev/null || command -v nc >/dev/null";

  /** {@code PORT}: one connection, whose two directions end by themselves. */
  private static final String RELAY =
      """
      if command -v python3 >/dev/null; then exec python3 -c '
      import os, socket, sys, threading
      s = None
      for host in ("127.0.0.1", "::1"):
          try:
              s = socket.create_connection((host, int(sys.argv[1]))); break
          except OSError: pass
      if s is None: os._exit(1)
      def up():
          try:
              while True:
                  data = os.read(0, 65536)
                  if not data: break
                  s.sendall(data)
              s.shutdown(socket.SHUT_WR)
          except OSError: pass
      threading.Thread(target=up, daemon=True).start()
      try:
          while True:
              data = s.recv(65536)
              if not data: break
              while data: data = data[os.write(1, data):]
      except OSError: pass
      os._exit(0)' "$1"; fi
      if command -v socat >/dev/null; then exec socat -t 86400 STDIO "TCP4:127.0.0.1:$1"; fi
      exec nc 127.0.0.1 "$1"
      """;

  private final CloudSandbox sandbox;

  ExecPorts(CloudSandbox sandbox) {
    this.sandbox = sandbox;
  }

  private static int check(int port) {
    if (port < 1 || port > LAST_PORT) {
      throw InvalidRequestException.field("port", port, "a number from 1 to 65535");
    }
    return port;
  }

  @Override
  public ExposedPort expose(int port) {
    check(port);
    if (sandbox.scriptAnywhere(HAS_RELAY).code() != 0) {
      throw CloudSpecs.unsupported(
          sandbox.provider(),
          "ports",
          "the image has nothing that passes bytes on",
          "use one with python3, socat or nc");
    }
    try {
      Exposed exposed =
          new Exposed(port, new ServerSocket(0, BACKLOG, InetAddress.getByName("127.0.0.1")));
      sandbox.remember(exposed);
      Thread.ofVirtual().name("cloud-port").start(exposed::serve);
      return exposed;
    } catch (IOException e) {
      throw new dev.dunes.sandbox.ProviderException(
          "no port of this machine could be had",
          ErrorDetails.at(sandbox.provider(), sandbox.id())
              .withRemedy("see which programs hold ports, and end some")
              .withCause(e));
    }
  }

  /** Columns of /proc/net/tcp: number, local address and port, remote, state. */
  @Override
  public List<Integer> listening() {
    String tables =
        sandbox
            .scriptAnywhere("cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; true")
            .require("its ports could not be listed")
            .text();
    Set<Integer> ports = new TreeSet<>();
    for (String line : tables.lines().toList()) {
      String[] columns = line.strip().split("\\s+", 5);
      if (columns.length == 5
          && columns[3].equals(LISTENS)
          && columns[1].matches(".*:[0-9A-F]{4}")) {
        ports.add(Integer.parseInt(columns[1].substring(columns[1].length() - 4), 16));
      }
    }
    return List.copyOf(ports);
  }

  @Override
  public void awaitListening(int port, Duration limit) {
    check(port);
    long end = System.nanoTime() + limit.toNanos();
    while (!listening().contains(port)) {
      if (System.nanoTime() - end > 0) {
        throw new SandboxTimeoutException(
            "nothing listens on port %d after %d ms".formatted(port, limit.toMillis()),
            ErrorDetails.at(sandbox.provider(), sandbox.id())
                .withRemedy("look at what the server says, or wait longer"));
      }
      try {
        TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
      } catch (InterruptedException e) {
        throw new SandboxInterruptedException("waiting for a server", e);
      }
    }
  }

  private final class Exposed implements ExposedPort {
    private final int port;
    private final ServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    Exposed(int port, ServerSocket server) {
      this.port = port;
      this.server = server;
    }

    void serve() {
      while (!closed) {
        try {
          Socket socket = server.accept();
          open.add(socket);
          if (closed || open.size() > MOST_CONNECTIONS) {
            end(socket);
          } else {
            Thread.ofVirtual().name("cloud-port").start(() -> pass(socket));
          }
        } catch (IOException e) {
          if (!closed) {
            CloudProvider.log().warn("port {} of sandbox {} is lost", port, sandbox.id(), e);
            close();
          }
        }
      }
    }

    /** One connection to its end. */
    private void pass(Socket socket) {
      Command command =
          Command.builder(Scripts.argv(RELAY, Integer.toString(port))).openStdin().build();
      try (RunningCommand running = sandbox.start(command)) {
        Thread up = Thread.ofVirtual().name("cloud-port").start(() -> up(socket, running));
        running.stdout().transferTo(socket.getOutputStream());
        end(socket);
        up.join();
      } catch (IOException | SandboxException e) {
        CloudProvider.log().debug("a connection to port {} broke", port, e);
      } catch (InterruptedException e) {
        throw new IllegalStateException("nobody interrupts this thread", e);
      } finally {
        end(socket);
      }
    }

    private void up(Socket socket, RunningCommand running) {
      byte[] piece = new byte[PIECE];
      try {
        for (int n = socket.getInputStream().read(piece);
            n >= 0;
            n = socket.getInputStream().read(piece)) {
          running.stdin().write(piece, 0, n);
        }
        running.stdin().close();
      } catch (IOException e) {
        // whoever does not read any more has said so, or the other direction has ended
        CloudProvider.log().trace("a connection to port {} ended", port, e);
        running.close();
      }
    }

    private void end(Socket socket) {
      open.remove(socket);
      try {
        socket.close();
      } catch (IOException e) {
        CloudProvider.log().debug("a socket could not be closed", e);
      }
    }

    @Override
    public int port() {
      return port;
    }

    @Override
    public InetSocketAddress address() {
      return (InetSocketAddress) server.getLocalSocketAddress();
    }

    @Override
    public URI uri() {
      return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    @Override
    public void close() {
      closed = true;
      sandbox.forget(this);
      try {
        server.close();
      } catch (IOException e) {
        CloudProvider.log().debug("a port could not be closed", e);
      }
      open.forEach(this::end);
    }
  }
}
