package dev.dunes.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** To a sandbox of a server, by a WebSocket for each connection. {@code docs/e2b.md}. */
final class ServerPortWay implements PortWay {
  private static final int NOT_FOUND = 404;

  private final ApiClient client;
  private final TemplateServer server;
  private final String sandbox;
  private final String port;

  ServerPortWay(ApiClient client, String sandbox, int port) {
    this.client = client;
    this.server = new TemplateServer(client);
    this.sandbox = "sandboxes/" + ApiClient.segment(sandbox);
    this.port = this.sandbox + "/ports/" + port;
  }

  @Override
  public boolean listening() {
    return server.get(port).path("listening").asBoolean(false);
  }

  @Override
  public void carry(Socket socket) throws IOException, InterruptedException {
    if (!TcpSocket.carry(client, port + "/tcp", socket)) {
      throw new IOException(refusal());
    }
  }

  /** The client of WebSockets does not tell what a refusal says, so the same is asked without. */
  private String refusal() {
    try {
      JsonNode answer = server.get(port);
      return answer.path("listening").asBoolean(false)
          ? "the server let no connection through"
          : "nothing listens at the port";
    } catch (Failure e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Override
  public Optional<String> ended() {
    HttpResponse<InputStream> response =
        client.send("GET", sandbox, Optional.empty(), "application/json");
    SocketPump.close(response.body());
    return response.statusCode() == NOT_FOUND
        ? Optional.of("the sandbox has ended")
        : Optional.empty();
  }

  @Override
  public void close() {
    server.close();
  }
}
