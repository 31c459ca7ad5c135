package dev.dunes.provider.docker;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** A connection to a daemon: bytes both ways. Closing it ends a read that another thread is in. */
record Link(InputStream in, OutputStream out, Closeable socket) implements Closeable {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  static Link open(DaemonAddress address) throws IOException {
    return switch (address) {
      case DaemonAddress.Unix unix -> unix(unix);
      case DaemonAddress.Tcp tcp -> tcp(tcp);
    };
  }

  private static Link unix(DaemonAddress.Unix address) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(address.socket()));
      return new Link(new ChannelInput(channel), new ChannelOutput(channel), channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static Link tcp(DaemonAddress.Tcp address) throws IOException {
    Socket plain = new Socket();
    try {
      plain.connect(
          new InetSocketAddress(address.host(), address.port()), (int) CONNECT_LIMIT.toMillis());
      plain.setTcpNoDelay(true);
      Socket socket = address.tls().isEmpty() ? plain : secure(plain, address);
      return new Link(socket.getInputStream(), socket.getOutputStream(), socket);
    } catch (IOException e) {
      plain.close();
      throw e;
    }
  }

  private static SSLSocket secure(Socket plain, DaemonAddress.Tcp address) throws IOException {
    SSLSocket secure =
        (SSLSocket)
            TlsFiles.context(address.tls().orElseThrow())
                .getSocketFactory()
                .createSocket(plain, address.host(), address.port(), true);
    SSLParameters parameters = secure.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS"); // the certificate is of this host
    secure.setSSLParameters(parameters);
    plain.setSoTimeout((int) CONNECT_LIMIT.toMillis());
    secure.startHandshake();
    plain.setSoTimeout(0);
    return secure;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** The JDK's own streams over a channel read and write one at a time. */
  private static final class ChannelInput extends InputStream {
    private final SocketChannel channel;

    ChannelInput(SocketChannel channel) {
      this.channel = channel;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return length == 0 ? 0 : channel.read(ByteBuffer.wrap(target, offset, length));
    }
  }

  private static final class ChannelOutput extends OutputStream {
    private final SocketChannel channel;

    ChannelOutput(SocketChannel channel) {
      this.channel = channel;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      ByteBuffer rest = ByteBuffer.wrap(source, offset, length);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
    }
  }
}
