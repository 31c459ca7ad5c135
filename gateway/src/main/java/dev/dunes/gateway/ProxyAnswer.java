package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.gateway.egress.MessageReader;
import dev.dunes.gateway.egress.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An answer of the proxy itself. The connection ends with it.
 *
 * @param status of HTTP, with its words
 * @param error as RFC 9209 names them, for {@code Proxy-Status}
 * @param message for people, one line of ASCII
 * @param rule what a policy would have to say
 */
record ProxyAnswer(String status, String error, String message, Optional<String> rule) {
  /** The header with the rule that would let a request pass. */
  static final String RULE_HEADER = "X-Dunes-Egress-Rule";

  private static final Logger LOG = LoggerFactory.getLogger(ProxyAnswer.class);

  static ProxyAnswer badRequest(String message) {
    return new ProxyAnswer("400 Bad Request", "http_request_error", message, Optional.empty());
  }

  static ProxyAnswer noToken() {
    return new ProxyAnswer(
        "407 Proxy Authentication Required",
        "http_request_denied",
        "the user is run, the password the token of a run",
        Optional.empty());
  }

  static ProxyAnswer refused(Target target, String reason, Optional<String> rule) {
    String remedy = rule.map(each -> "; to allow it, add the egress rule " + each).orElse("");
    return new ProxyAnswer(
        "403 Forbidden",
        rule.isPresent() ? "http_request_denied" : "destination_ip_prohibited",
        target + " is refused: " + reason + remedy,
        rule);
  }

  static ProxyAnswer tooMany() {
    return new ProxyAnswer(
        "429 Too Many Requests",
        "connection_limit_reached",
        "too many connections of this run",
        Optional.empty());
  }

  static ProxyAnswer tooLong(int max) {
    return new ProxyAnswer(
        "431 Request Header Fields Too Large",
        "http_request_error",
        "the head of the request is larger than " + max + " bytes",
        Optional.empty());
  }

  static ProxyAnswer unreachable(String error, Target target, String reason) {
    return new ProxyAnswer(
        "502 Bad Gateway", error, target + " cannot be reached: " + reason, Optional.empty());
  }

  static ProxyAnswer needsTls(Target target) {
    return new ProxyAnswer(
        "403 Forbidden",
        "http_request_denied",
        target + " gets headers on its way, which are set in TLS only: use https://",
        Optional.empty());
  }

  static ProxyAnswer noHeaders(Target target, String reason) {
    return new ProxyAnswer(
        "502 Bad Gateway",
        "proxy_configuration_error",
        "headers for " + target + " are not there: " + reason,
        Optional.empty());
  }

  static ProxyAnswer misdirected(String message) {
    return new ProxyAnswer(
        "421 Misdirected Request", "http_request_error", message, Optional.empty());
  }

  static ProxyAnswer malformed(String reason) {
    return new ProxyAnswer(
        "502 Bad Gateway",
        "http_protocol_error",
        "the server's answer is malformed: " + reason,
        Optional.empty());
  }

  /** Says it, and that nothing follows; a client that is gone does not mind. */
  void to(SocketChannel client) {
    try {
      MessageReader.write(client, bytes());
      client.shutdownOutput();
    } catch (IOException e) {
      LOG.debug("a client of the proxy did not wait for its answer: {}", e.toString());
    }
  }

  ByteBuffer bytes() {
    byte[] body = (message + "\n").getBytes(UTF_8);
    StringBuilder head = new StringBuilder("HTTP/1.1 ").append(status).append("\r\n");
    head.append("Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n");
    head.append("Content-Length: ").append(body.length).append("\r\n");
    head.append("Proxy-Status: dunes; error=").append(error).append("\r\n");
    if (status.startsWith("407")) {
      head.append("Proxy-Authenticate: Basic realm=\"dunes\"\r\n");
    }
    rule.ifPresent(each -> head.append(RULE_HEADER).append(": ").append(each).append("\r\n"));
    byte[] first = head.append("\r\n").toString().getBytes(UTF_8);
    return ByteBuffer.allocate(first.length + body.length).put(first).put(body).flip();
  }
}
