package dev.dunes.gateway.egress;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.util.Optional;

/** Asks a SOCKS5 proxy for a connection; names are sent as they are. RFC 1928, RFC 1929. */
public final class Socks5 {
  /** The proxy said no. */
  public static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }

  /**
   * Who asks.
   *
   * @param user of 1 to 255 bytes
   * @param password of at most 255 bytes
   */
  public record Login(String user, String password) {
    /** Never shows the password. */
    @Override
    public String toString() {
      return "Login[]";
    }
  }

  private static final int VERSION = 5;
  private static final int LOGIN_VERSION = 1;
  private static final int NO_LOGIN = 0;
  private static final int USER_AND_PASSWORD = 2;
  private static final int CONNECT = 1;
  private static final int IPV4 = 1;
  private static final int NAME = 3;
  private static final int IPV6 = 4;
  private static final int LONGEST = 2 + 1 + 255 + 1 + 255;

  private final ByteChannel proxy;

  private Socks5(ByteChannel proxy) {
    this.proxy = proxy;
  }

  /**
   * Asks, on a connection to the proxy that is new. What comes afterwards is the target's.
   *
   * @throws RefusedException when the proxy refuses, or cannot reach the target
   */
  public static void connect(ByteChannel proxy, Target target, Optional<Login> login)
      throws IOException {
    Socks5 socks = new Socks5(proxy);
    socks.greet(login);
    socks.ask(target);
  }

  private void greet(Optional<Login> login) throws IOException {
    int method = login.isPresent() ? USER_AND_PASSWORD : NO_LOGIN;
    send(bytes().put((byte) VERSION).put((byte) 1).put((byte) method));
    ByteBuffer answer = read(2);
    version(answer.get(), VERSION);
    if (answer.get() != method) {
      throw new RefusedException(
          login.isPresent()
              ? "the SOCKS proxy takes no user name and password"
              : "the SOCKS proxy asks for a user name and password");
    }
    if (login.isPresent()) {
      ByteBuffer shown = bytes().put((byte) LOGIN_VERSION);
      put(shown, login.get().user().getBytes(UTF_8));
      put(shown, login.get().password().getBytes(UTF_8));
      send(shown);
      ByteBuffer said = read(2);
      version(said.get(), LOGIN_VERSION);
      if (said.get() != 0) {
        throw new RefusedException("the SOCKS proxy refuses the user name and password");
      }
    }
  }

  private void ask(Target target) throws IOException {
    ByteBuffer request = bytes().put((byte) VERSION).put((byte) CONNECT).put((byte) 0);
    Optional<InetAddress> literal = target.host().literal();
    if (literal.isPresent()) {
      byte[] address = literal.get().getAddress();
      request.put((byte) (address.length == 4 ? IPV4 : IPV6)).put(address);
    } else {
      put(request.put((byte) NAME), target.host().name().getBytes(US_ASCII));
    }
    send(request.putShort((short) target.port()));
    ByteBuffer answer = read(4);
    version(answer.get(), VERSION);
    int code = answer.get();
    if (code != 0) {
      throw new RefusedException("the SOCKS proxy says: " + words(code));
    }
    answer.get();
    int kind = answer.get();
    int length =
        switch (kind) {
          case IPV4 -> 4;
          case IPV6 -> 16;
          case NAME -> read(1).get() & 0xff;
          default -> throw new IOException("the SOCKS proxy answers with no address");
        };
    read(length + 2); // where it went out, which nobody needs
  }

  private static String words(int code) {
    return switch (code) {
      case 1 -> "general failure";
      case 2 -> "not allowed by its rules";
      case 3 -> "network unreachable";
      case 4 -> "host unreachable";
      case 5 -> "connection refused";
      case 6 -> "time to live expired";
      case 7 -> "command not supported";
      case 8 -> "kind of address not supported";
      default -> "error " + code;
    };
  }

  private static void version(int said, int expected) throws IOException {
    if (said != expected) {
      throw new IOException("this is no SOCKS5 proxy");
    }
  }

  private static ByteBuffer bytes() {
    return ByteBuffer.allocate(LONGEST);
  }

  private static void put(ByteBuffer to, byte[] text) {
    to.put((byte) text.length).put(text);
  }

  private void send(ByteBuffer bytes) throws IOException {
    MessageReader.write(proxy, bytes.flip());
  }

  private ByteBuffer read(int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    while (bytes.hasRemaining()) {
      if (proxy.read(bytes) < 0) {
        throw new EOFException("the SOCKS proxy ended the connection");
      }
    }
    return bytes.flip();
  }
}
