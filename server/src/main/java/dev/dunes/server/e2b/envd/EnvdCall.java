package dev.dunes.server.e2b.envd;

import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.HostingException;
import dev.dunes.hosting.OpenSandbox;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxTimeoutException;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.e2b.connect.CallTimes;
import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import dev.dunes.server.http.Exchange;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call of one of the services.
 *
 * @param exchange the request
 * @param times what its client says about time
 * @param port for which sandbox
 */
record EnvdCall(Exchange exchange, CallTimes times, PortCall port) {
  private static final Logger LOG = LoggerFactory.getLogger(EnvdCall.class);
  private static final String BASIC = "basic ";

  /**
   * Does something with the sandbox. What it fails with becomes an error of the protocol, unless
   * the sandbox is gone or paused.
   */
  <T> T use(Hosting.Use<T> work) throws InterruptedException {
    try {
      return port.use(work);
    } catch (HostingException e) {
      LOG.debug("request {}: {}", exchange.id(), e.getMessage(), e);
      throw translated(e);
    } catch (SandboxException e) {
      LOG.debug("request {}: {}", exchange.id(), e.getMessage(), e);
      throw translated(e);
    } catch (SandboxUser.PathException e) {
      throw new ConnectException(ConnectCode.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
    }
  }

  /** On whose behalf: the name in {@code Authorization: Basic}, or the default user. */
  SandboxUser user(OpenSandbox open) {
    return users(open).find(open, username());
  }

  static Users users(OpenSandbox open) {
    return open.attachments().get(Users.class, Users::new);
  }

  private Optional<String> username() {
    return exchange
        .header("authorization")
        .filter(text -> text.regionMatches(true, 0, BASIC, 0, BASIC.length()))
        .map(text -> text.substring(BASIC.length()).strip())
        .flatMap(EnvdCall::decoded)
        .map(text -> text.contains(":") ? text.substring(0, text.indexOf(':')) : text);
  }

  private static Optional<String> decoded(String base64) {
    try {
      return Optional.of(new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // no credentials at all, as HTTP has it
    }
  }

  private static RuntimeException translated(HostingException e) {
    ConnectCode code =
        switch (e.reason()) {
          case NOT_FOUND, PAUSED, ALREADY_PAUSED, ALREADY_RUNNING -> null;
          case EXISTS, IN_USE -> ConnectCode.FAILED_PRECONDITION;
          case INVALID -> ConnectCode.INVALID_ARGUMENT;
          case LIMIT_REACHED -> ConnectCode.RESOURCE_EXHAUSTED;
          case UNSUPPORTED -> ConnectCode.UNIMPLEMENTED;
          case UNAVAILABLE -> ConnectCode.UNAVAILABLE;
        };
    return code == null ? e : new ConnectException(code, String.valueOf(e.getMessage()));
  }

  private static RuntimeException translated(SandboxException e) {
    ConnectCode code =
        switch (e) {
          case SandboxInterruptedException interrupted -> null;
          case SandboxFileException file -> code(file);
          case InvalidRequestException invalid ->
              invalid.field().equals("user")
                  ? ConnectCode.PERMISSION_DENIED
                  : ConnectCode.INVALID_ARGUMENT;
          case UnsupportedCapabilityException unsupported -> ConnectCode.UNIMPLEMENTED;
          case SandboxQuotaException quota -> ConnectCode.RESOURCE_EXHAUSTED;
          case SandboxTimeoutException timeout -> ConnectCode.DEADLINE_EXCEEDED;
          default -> ConnectCode.INTERNAL;
        };
    if (code == null) {
      return e;
    }
    return new ConnectException(
        code, e.getMessage() + e.remedy().map(remedy -> "; " + remedy).orElse(""));
  }

  private static ConnectCode code(SandboxFileException e) {
    return switch (e.reason()) {
      case NOT_FOUND -> ConnectCode.NOT_FOUND;
      case EXISTS -> ConnectCode.ALREADY_EXISTS;
      case IS_DIRECTORY, NOT_DIRECTORY, NOT_REGULAR, UNSAFE_ARCHIVE -> ConnectCode.INVALID_ARGUMENT;
      case NOT_EMPTY, LOOP -> ConnectCode.FAILED_PRECONDITION;
      case PERMISSION, READ_ONLY -> ConnectCode.PERMISSION_DENIED;
      case NO_SPACE, TOO_LARGE -> ConnectCode.RESOURCE_EXHAUSTED;
      case IO -> ConnectCode.INTERNAL;
    };
  }
}
