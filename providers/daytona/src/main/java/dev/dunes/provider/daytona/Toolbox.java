package dev.dunes.provider.daytona;

import dev.dunes.provider.cloud.CloudCall;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import java.net.URI;
import java.util.Optional;
import java.util.function.Supplier;

/** The daemon of a sandbox, by way of the vendor's proxy. Cloud providers 2.1. */
final class Toolbox {
  private final DaytonaSandboxProvider provider;
  private final DaytonaApi api;
  private final String id;
  private final String base;

  Toolbox(DaytonaSandboxProvider provider, DaytonaApi api, String id, String proxy) {
    this.provider = provider;
    this.api = api;
    this.id = id;
    this.base = (proxy.endsWith("/") ? proxy : proxy + "/") + id;
  }

  DaytonaApi api() {
    return api;
  }

  String address(String path) {
    return base + path;
  }

  /** The same as a WebSocket. */
  URI socket(String path) {
    return URI.create(address(path).replaceFirst("^http", "ws"));
  }

  CloudCall call(String method, String path) {
    return api.call(method, address(path)).about(id).notRetried();
  }

  /** Says of a sandbox that is gone or stopped that it is, whatever the proxy says. */
  <T> T reaching(Supplier<T> call) {
    try {
      return call.get();
    } catch (SandboxException e) {
      int status = e.statusCode().orElse(0);
      throw status >= 400 && status != 401 && status != 408 && status != 429 ? why(e) : e;
    }
  }

  SandboxException why(SandboxException cause) {
    Optional<SandboxInfo> now = provider.look(id);
    if (now.isEmpty()) {
      return new SandboxNotFoundException(
          "sandbox '%s' is gone: destroyed, or its time was over".formatted(id),
          ErrorDetails.at(provider.name(), id)
              .withRemedy("`ds list` shows what there is")
              .withCause(cause));
    }
    SandboxState state = now.get().state();
    if (state == SandboxState.STOPPED || state == SandboxState.STOPPING) {
      return new SandboxStateException(
          "the sandbox is stopped",
          ErrorDetails.at(provider.name(), id).withRemedy("resume it first").withCause(cause));
    }
    return cause;
  }
}
