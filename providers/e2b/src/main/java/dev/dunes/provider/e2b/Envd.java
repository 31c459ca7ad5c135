package dev.dunes.provider.e2b;

import dev.dunes.provider.cloud.CloudAnswer;
import dev.dunes.provider.cloud.CloudCall;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/** The daemon inside a sandbox: processes and files. E2B wire 2.5 to 2.9. */
final class Envd {
  private static final String PORT = "49983";
  private static final String PING_SECONDS = "50";

  /** It has nothing to say but that it is done. */
  private static final int MOST_ANSWERED = 64 << 10;

  private final E2bSandboxProvider provider;
  private final E2bApi api;
  private final String id;
  private volatile E2bAccess access;

  Envd(E2bSandboxProvider provider, E2bApi api, String id, E2bAccess access) {
    this.provider = provider;
    this.api = api;
    this.id = id;
    this.access = access;
  }

  E2bAccess access() {
    return access;
  }

  void access(E2bAccess changed) {
    access = changed;
  }

  CloudCall call(String method, String path) {
    E2bAccess now = access;
    URI base =
        api.settings
            .sandboxes()
            .orElseGet(() ->
                URI.create(
                    "https://%s-%s.%s"
                        .formatted(PORT, id, now.domain().orElse(api.settings.domain()))));
    CloudCall call =
        CloudCall.of(method, URI.create(base + path))
            .about(id)
            .notRetried()
            .header("e2b-sandbox-id", id)
            .header("e2b-sandbox-port", PORT);
    return now.token().map(token -> call.header("x-access-token", token)).orElse(call);
  }

  /** One message for another, within a minute. */
  void unary(String method, JsonNode message) {
    unary(call("POST", "/" + method), message);
  }

  /**
   * The same for what the daemon answers when a program in the sandbox has done its part, which may
   * take any time. Once the answer has begun it has two minutes.
   */
  void patient(String method, JsonNode message) {
    unary(call("POST", "/" + method).unlimited(), message);
  }

  private void unary(CloudCall call, JsonNode message) {
    CloudCall asked = call.header("connect-protocol-version", "1").json(message);
    reaching(() -> api.http.json(asked, MOST_ANSWERED));
  }

  /** One message for many. */
  ConnectStream stream(String method, JsonNode message, Optional<String> user, String... headers) {
    byte[] json = message.toString().getBytes(StandardCharsets.UTF_8);
    byte[] frame =
        ByteBuffer.allocate(5 + json.length).put((byte) 0).putInt(json.length).put(json).array();
    return reaching(() -> {
      CloudCall call =
          call("POST", "/" + method)
              .header("content-type", "application/connect+json")
              .header("connect-protocol-version", "1")
              .header("keepalive-ping-interval", PING_SECONDS)
              .body(() -> BodyPublishers.ofByteArray(frame));
      if (user.isPresent()) {
        byte[] login = (user.get() + ":").getBytes(StandardCharsets.UTF_8);
        call = call.header("authorization", "Basic " + Base64.getEncoder().encodeToString(login));
      }
      for (int i = 0; i < headers.length; i += 2) {
        call = call.header(headers[i], headers[i + 1]);
      }
      CloudAnswer answer = api.http.stream(call);
      return new ConnectStream(answer, this);
    });
  }

  /** A token that was changed meanwhile is asked for once; what is gone is said to be gone. */
  <T> T reaching(Supplier<T> call) {
    try {
      return call.get();
    } catch (SandboxAuthenticationException e) {
      access = E2bAccess.of(api.get(id).orElseThrow(() -> provider.notFound(id)));
      return call.get();
    } catch (ProviderException e) {
      if (e.statusCode().orElse(0) == 502) {
        throw unreachable(e);
      }
      throw e;
    }
  }

  /** Why its daemon cannot be reached: gone, paused, or something else. */
  SandboxException unreachable(SandboxException cause) {
    Optional<SandboxInfo> now = provider.look(id);
    if (now.isEmpty()) {
      return new SandboxNotFoundException(
          "sandbox '%s' is gone: destroyed, or its time was over".formatted(id),
          ErrorDetails.at(provider.name(), id)
              .withRemedy("`ds list` shows what there is")
              .withCause(cause));
    }
    if (now.get().state() == SandboxState.STOPPED) {
      return new SandboxStateException(
          "the sandbox is paused",
          ErrorDetails.at(provider.name(), id).withRemedy("resume it first").withCause(cause));
    }
    return cause;
  }

  /** The exception for an error of the Connect protocol. E2B wire 2.7. */
  SandboxException failure(JsonNode error) {
    String code = error.path("code").asString("unknown");
    String message = api.secrets.clean(error.path("message").asString(""));
    String text = "e2b: %s (%s)".formatted(message, code);
    ErrorDetails details = ErrorDetails.at(provider.name(), id);
    return switch (code) {
      case "unauthenticated" ->
          message.contains("username")
              ? new InvalidRequestException(
                  "user", "user: " + message, details.withRemedy("use a user of the sandbox"))
              : new SandboxAuthenticationException(
                  text, details.withRemedy("open the sandbox again by its id"));
      case "permission_denied" ->
          new SandboxAuthenticationException(text, details.withRemedy("check what the key may do"));
      case "resource_exhausted" ->
          new SandboxQuotaException(text, details.withRemedy("try again later"));
      case "deadline_exceeded" ->
          new SandboxTimeoutException(text, details.withRemedy("try again"));
      case "failed_precondition", "aborted" ->
          new SandboxStateException(text, details.withRemedy("look at its state"));
      default -> new ProviderException(text, details.withRemedy("correct what it complains about"));
    };
  }
}
