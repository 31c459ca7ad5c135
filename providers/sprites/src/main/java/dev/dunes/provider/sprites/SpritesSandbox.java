package dev.dunes.provider.sprites;

import dev.dunes.provider.cloud.CloudCall;
import dev.dunes.provider.cloud.CloudErrors;
import dev.dunes.provider.cloud.CloudSandbox;
import dev.dunes.provider.cloud.FilePut;
import dev.dunes.provider.cloud.HttpPut;
import dev.dunes.provider.cloud.Launch;
import dev.dunes.provider.cloud.PartedPut;
import dev.dunes.provider.cloud.VendorProcess;
import dev.dunes.provider.cloud.VendorSocket;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** A sandbox at Sprites. */
final class SpritesSandbox extends CloudSandbox {
  /** In one request: servers have limits. */
  private static final long MOST_UPLOADED = 64 << 20;

  private static final int ATTEMPTS = 4;
  private static final long FIRST_WAIT_MILLIS = 200;

  /** Statuses of a gateway while a sandbox wakes up. */
  private static final Set<Integer> PASSING = Set.of(429, 502, 503, 504);

  private final SpritesSandboxProvider provider;
  private final SpritesApi api;

  SpritesSandbox(
      SpritesSandboxProvider provider, SpritesApi api, SandboxInfo made, SandboxSpec spec) {
    super(provider, made, spec);
    this.provider = provider;
    this.api = api;
  }

  // ---- commands ----

  @Override
  protected VendorProcess launch(Launch launch) {
    return SpritesProcess.start(this, launch);
  }

  /** Nothing begins by a connection alone, so another attempt does no harm. */
  VendorSocket connect(String query) {
    URI address = api.socket(id(), query);
    for (int attempt = 1; ; attempt++) {
      try {
        return VendorSocket.open(api.http.client(), address, api.headers());
      } catch (WebSocketHandshakeException e) {
        int status = e.getResponse().statusCode();
        if (attempt == ATTEMPTS || !PASSING.contains(status)) {
          throw why(refused(status));
        }
      } catch (IOException e) {
        if (attempt == ATTEMPTS) {
          throw why(
              new ProviderException(
                  "sprites cannot be reached for a command: "
                      + clean(String.valueOf(e.getMessage())),
                  ErrorDetails.at(provider(), id())
                      .withRemedy("check the network, and its status page")
                      .withCause(e)));
        }
      }
      pause(FIRST_WAIT_MILLIS << (attempt - 1));
    }
  }

  private static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting to try again", e);
    }
  }

  private SandboxException refused(int status) {
    return CloudErrors.of(
        provider(),
        SpritesSettings.TOKEN_VARIABLE,
        status,
        "no connection for a command",
        Optional.of(id()),
        Optional.empty());
  }

  String clean(String text) {
    return api.secrets.clean(text);
  }

  /** Says of a sandbox that is gone that it is, however that showed. */
  SandboxException why(SandboxException cause) {
    try {
      if (provider.look(id()).isPresent()) {
        return cause;
      }
    } catch (SandboxException unknown) {
      cause.addSuppressed(unknown);
      return cause;
    }
    return new SandboxNotFoundException(
        "sandbox '%s' is gone: destroyed, or its time was over".formatted(id()),
        ErrorDetails.at(provider(), id())
            .withRemedy("`ds list` shows what there is")
            .withCause(cause));
  }

  // ---- files ----

  @Override
  protected FilePut put(String path) {
    return new PartedPut(
        this,
        path,
        path,
        MOST_UPLOADED,
        part -> new HttpPut(api.http, api.write(id(), part), in -> in));
  }

  @Override
  protected boolean fetches() {
    return true;
  }

  @Override
  protected Optional<InputStream> fetch(String path) {
    CloudCall call = api.read(id(), path);
    try {
      return Optional.of(api.http.contents(call));
    } catch (SandboxNotFoundException e) {
      throw why(
          new ProviderException(
              "the file was there and is not: " + e.getMessage(),
              ErrorDetails.at(provider(), id()).withRemedy("read it again").withCause(e)));
    }
  }

  // ---- time ----

  @Override
  protected void setLifetime(Duration lifetime) {
    JsonNode shown = api.get(id()).orElseThrow(() -> provider.notFound(id()));
    Instant deadline = Instant.now().plus(lifetime);
    api.labels(id(), SpritesShape.labelsUntil(shown, deadline));
    provider.keep(id(), deadline);
  }
}
