package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.gateway.egress.MessageHead;
import dev.dunes.gateway.egress.MessageReader;
import dev.dunes.gateway.egress.Wanted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** What passes between a sandbox and a host once they are connected. */
final class Passage {
  private static final ByteBuffer ESTABLISHED =
      ByteBuffer.wrap("HTTP/1.1 200 Connection established\r\n\r\n".getBytes(UTF_8))
          .asReadOnlyBuffer();
  private static final ByteBuffer CONTINUE =
      ByteBuffer.wrap("HTTP/1.1 100 Continue\r\n\r\n".getBytes(UTF_8)).asReadOnlyBuffer();
  private static final int MAX_INTERIM = 10;

  private final SocketChannel client;
  private final SocketChannel server;
  private final MessageReader fromClient;
  private final MessageReader fromServer;
  private final int maxHead;
  private final Runnable close;

  /**
   * @param fromClient what has been read of the client too far
   * @param close ends both connections at once
   */
  Passage(
      SocketChannel client,
      MessageReader fromClient,
      SocketChannel server,
      MessageReader fromServer,
      int maxHead,
      Runnable close) {
    this.client = client;
    this.fromClient = fromClient;
    this.server = server;
    this.fromServer = fromServer;
    this.maxHead = maxHead;
    this.close = close;
  }

  /** Bytes both ways, which nobody looks at. */
  void tunnel() throws IOException {
    established();
    Thread other = TwoWays.start(() -> tunnel(fromClient, server), close);
    tunnel(fromServer, client);
    TwoWays.join(other);
  }

  /** Its end is passed on, and the other direction goes on. */
  private static void tunnel(MessageReader from, SocketChannel to) throws IOException {
    from.rest(to);
    to.shutdownOutput();
  }

  /** Requests in TLS, which get headers on their way. */
  void opened(Lease lease, Wanted wanted, OpenedTls.Keys keys) throws IOException {
    established();
    new OpenedTls(
            wanted.target(), lease, maxHead, keys, fromClient.asChannel(), fromServer.asChannel())
        .serve();
  }

  private void established() throws IOException {
    MessageReader.write(client, ESTABLISHED.duplicate());
  }

  /** One request and its answer. */
  void forward(Wanted.Forwarded request) throws IOException {
    MessageReader.write(server, ByteBuffer.wrap(request.head()));
    if (request.expectsContinue()) {
      MessageReader.write(client, CONTINUE.duplicate());
    }
    Thread other = TwoWays.start(() -> body(request), close);
    answer();
    close.run(); // whatever of the body is still coming comes too late
    TwoWays.join(other);
  }

  private void body(Wanted.Forwarded request) throws IOException {
    if (request.bodyLength() == -1) {
      fromClient.chunked(server);
    } else if (request.bodyLength() > 0) {
      fromClient.fixed(request.bodyLength(), server);
    }
  }

  /** Its head is read, and written anew for this connection. */
  private void answer() throws IOException {
    for (int interim = 0; interim < MAX_INTERIM; interim++) {
      byte[] bytes =
          fromServer.head(maxHead).orElseThrow(() -> new IOException("the server said nothing"));
      MessageHead head;
      try {
        head = MessageHead.parse(bytes);
        head.bodyLength();
      } catch (IllegalArgumentException e) {
        ProxyAnswer.malformed(String.valueOf(e.getMessage())).to(client);
        return;
      }
      if (!head.first().matches("HTTP/1\\.[01] 1\\d\\d( .*)?")) {
        List<MessageHead.Header> headers = new ArrayList<>(head.endToEnd());
        headers.add(new MessageHead.Header("Connection", "close"));
        MessageReader.write(
            client,
            ByteBuffer.wrap(
                MessageHead.bytes(head.first().replaceFirst("^HTTP/1\\.0", "HTTP/1.1"), headers)));
        fromServer.rest(client);
        client.shutdownOutput();
        return;
      }
    }
    throw new IOException("the server never came to its answer");
  }
}
