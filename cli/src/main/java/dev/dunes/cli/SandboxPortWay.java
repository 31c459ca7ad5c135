package dev.dunes.cli;

import dev.dunes.sandbox.PortAccess;
import dev.dunes.sandbox.PortAccess.ExposedPort;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxState;
import java.io.IOException;
import java.net.Socket;
import java.util.Optional;

/** To a sandbox of a provider, through the library. */
final class SandboxPortWay implements PortWay {
  private static final int CONNECT_MILLIS = 10_000;

  private final Sandbox sandbox;
  private final PortAccess ports;
  private final ExposedPort exposed;

  SandboxPortWay(Sandbox sandbox, int port) {
    this.sandbox = sandbox;
    this.exposed = sandbox.expose(port);
    this.ports = sandbox.ports().orElseThrow();
  }

  @Override
  public boolean listening() {
    return ports.listening().contains(exposed.port());
  }

  @Override
  public void carry(Socket client) throws IOException, InterruptedException {
    try (Socket program = new Socket()) {
      if (!listening()) {
        throw new IOException("nothing listens at port %d".formatted(exposed.port()));
      }
      program.connect(exposed.address(), CONNECT_MILLIS);
      program.setTcpNoDelay(true);
      SocketPump.between(client, program);
    } catch (SandboxException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public Optional<String> ended() {
    return sandbox.state() == SandboxState.TERMINATED
        ? Optional.of("the sandbox has ended")
        : Optional.empty();
  }

  @Override
  public void close() {
    exposed.close();
  }
}
