package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.dunes.gateway.egress.InnerAnswer;
import dev.dunes.gateway.egress.InnerRequest;
import dev.dunes.gateway.egress.MessageHead;
import dev.dunes.gateway.egress.MessageReader;
import dev.dunes.gateway.egress.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tlschannel.ClientTlsChannel;
import tlschannel.ServerTlsChannel;
import tlschannel.TlsChannel;

/**
 * A tunnel whose TLS ends here, so that its requests get headers on their way. The sandbox is shown
 * a certificate of the gateway's own; the host's is checked as any client would. HTTP/1.1 on both
 * sides, one request after the other.
 */
final class OpenedTls {
  /** What is needed to open one. */
  record Keys(SSLContext toSandbox, SSLContext toHost) {}

  private static final Logger LOG = LoggerFactory.getLogger(OpenedTls.class);
  private static final String[] HTTP = {"http/1.1"};
  private static final int MAX_INTERIM = 10;
  private static final Duration LATE_BODY = Duration.ofMillis(500);
  private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7e\\x80-\\xff]*");

  private final Target target;
  private final Lease lease;
  private final int maxHead;
  private final TlsChannel sandbox;
  private final TlsChannel host;
  private final MessageReader fromSandbox;
  private final MessageReader fromHost;

  /**
   * @param sandbox the connection to the sandbox, which expects TLS now
   * @param host the connection to the host, which is new
   */
  OpenedTls(
      Target target, Lease lease, int maxHead, Keys keys, ByteChannel sandbox, ByteChannel host) {
    this.target = target;
    this.lease = lease;
    this.maxHead = maxHead;
    this.sandbox =
        ServerTlsChannel.newBuilder(sandbox, keys.toSandbox())
            .withEngineFactory(OpenedTls::serverEngine)
            .build();
    this.host = ClientTlsChannel.newBuilder(host, clientEngine(keys.toHost(), target)).build();
    this.fromSandbox = new MessageReader(this.sandbox, bytes -> {});
    this.fromHost = new MessageReader(this.host, bytes -> {});
  }

  private static SSLEngine serverEngine(SSLContext context) {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setApplicationProtocols(HTTP);
    engine.setSSLParameters(parameters);
    return engine;
  }

  private static SSLEngine clientEngine(SSLContext context, Target target) {
    SSLEngine engine = context.createSSLEngine(target.host().name(), target.port());
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setApplicationProtocols(HTTP);
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    engine.setSSLParameters(parameters);
    return engine;
  }

  /** Serves its requests, until one side ends it or no rule is for the host any more. */
  void serve() throws IOException {
    sandbox.handshake();
    boolean again = true;
    boolean first = true;
    while (again) {
      Optional<byte[]> head = head();
      if (head.isEmpty()) {
        break;
      }
      if (first && !meetsHost()) {
        break;
      }
      first = false;
      Optional<InnerRequest> request = request(head.get());
      again = request.isPresent() && exchange(request.get());
    }
    end(host);
    end(sandbox);
  }

  private Optional<byte[]> head() throws IOException {
    try {
      return fromSandbox.head(maxHead);
    } catch (MessageReader.TooLongException e) {
      answer(ProxyAnswer.tooLong(maxHead));
      return Optional.empty();
    }
  }

  /** The host's certificate is looked at once somebody asks for something, and can be answered. */
  private boolean meetsHost() throws IOException {
    try {
      host.handshake();
      return true;
    } catch (SSLException e) {
      answer(ProxyAnswer.unreachable("tls_certificate_error", target, Failures.reason(e)));
      return false;
    }
  }

  private Optional<InnerRequest> request(byte[] head) throws IOException {
    Optional<HostHeaders> rule = lease.way().headers(target);
    if (rule.isEmpty()) {
      return Optional.empty(); // the rules have changed; the next connection is a plain one
    }
    try {
      return Optional.of(
          InnerRequest.of(MessageHead.parse(head), target, checked(rule.get().source())));
    } catch (HostHeaders.UnavailableException e) {
      answer(ProxyAnswer.noHeaders(target, String.valueOf(e.getMessage())));
    } catch (InnerRequest.MisdirectedException e) {
      answer(ProxyAnswer.misdirected(String.valueOf(e.getMessage())));
    } catch (IllegalArgumentException e) {
      answer(ProxyAnswer.badRequest(String.valueOf(e.getMessage())));
    }
    return Optional.empty();
  }

  private static Map<String, String> checked(HostHeaders.Source source)
      throws HostHeaders.UnavailableException {
    Map<String, String> headers = source.headers();
    for (Map.Entry<String, String> header : headers.entrySet()) {
      if (!NAME.matcher(header.getKey()).matches() || !VALUE.matcher(header.getValue()).matches()) {
        throw new HostHeaders.UnavailableException(
            "the value of header '%s' has characters that no header can have"
                .formatted(header.getKey().replaceAll("[^\\x21-\\x7e]", "?")));
      }
    }
    return headers;
  }

  /** One request and its answer; whether there can be another one. */
  private boolean exchange(InnerRequest request) throws IOException {
    MessageReader.write(host, ByteBuffer.wrap(request.head()));
    if (request.expectsContinue()) {
      MessageReader.write(
          sandbox, ByteBuffer.wrap("HTTP/1.1 100 Continue\r\n\r\n".getBytes(ISO_8859_1)));
    }
    Optional<Thread> body =
        request.bodyLength() == -1 || request.bodyLength() > 0
            ? Optional.of(TwoWays.start(() -> body(request), () -> end(host)))
            : Optional.empty();
    InnerAnswer answer = answerOf(request);
    if (answer.switched()) {
      Thread other = TwoWays.start(() -> fromSandbox.rest(host), () -> end(host));
      fromHost.rest(sandbox);
      end(sandbox);
      TwoWays.join(other);
      return false;
    }
    switch ((int) Math.max(-2, Math.min(answer.bodyLength(), 1))) {
      case -2 -> fromHost.rest(sandbox);
      case -1 -> fromHost.chunked(sandbox);
      case 0 -> {}
      default -> fromHost.fixed(answer.bodyLength(), sandbox);
    }
    // What of the body is still to come when the answer is whole comes too late.
    return !answer.last() && (body.isEmpty() || ended(body.get()));
  }

  private static boolean ended(Thread body) throws IOException {
    try {
      return body.join(LATE_BODY);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the gateway closes", e);
    }
  }

  private void body(InnerRequest request) throws IOException {
    if (request.bodyLength() == -1) {
      fromSandbox.chunked(host);
    } else {
      fromSandbox.fixed(request.bodyLength(), host);
    }
  }

  private InnerAnswer answerOf(InnerRequest request) throws IOException {
    for (int interim = 0; interim < MAX_INTERIM; interim++) {
      byte[] head =
          fromHost.head(maxHead).orElseThrow(() -> new IOException("the host said nothing"));
      InnerAnswer answer;
      try {
        answer = InnerAnswer.of(MessageHead.parse(head), request);
      } catch (IllegalArgumentException e) {
        answer(ProxyAnswer.malformed(String.valueOf(e.getMessage())));
        throw new IOException("the host's answer is malformed", e);
      }
      if (!answer.interim()) {
        MessageReader.write(sandbox, ByteBuffer.wrap(answer.head()));
        return answer;
      }
    }
    throw new IOException("the host never came to its answer");
  }

  private void answer(ProxyAnswer answer) throws IOException {
    MessageReader.write(sandbox, answer.bytes());
  }

  private static void end(TlsChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("closing an opened tunnel: {}", e.toString());
    }
  }
}
