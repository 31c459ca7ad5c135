package dev.dunes.provider.e2b;

import dev.dunes.provider.cloud.CloudCall;
import dev.dunes.provider.cloud.CloudSandbox;
import dev.dunes.provider.cloud.FilePut;
import dev.dunes.provider.cloud.HttpPut;
import dev.dunes.provider.cloud.Launch;
import dev.dunes.provider.cloud.PartedPut;
import dev.dunes.provider.cloud.VendorProcess;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.Snapshot;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/** A sandbox at E2B. */
final class E2bSandbox extends CloudSandbox implements Pausing, Forking {
  /** In one request: servers have limits. */
  private static final long MOST_UPLOADED = 64 << 20;

  private final E2bSandboxProvider provider;
  private final E2bApi api;
  private final Envd envd;

  E2bSandbox(
      E2bSandboxProvider provider,
      E2bApi api,
      SandboxInfo made,
      SandboxSpec spec,
      E2bAccess access) {
    super(provider, made, spec);
    this.provider = provider;
    this.api = api;
    this.envd = new Envd(provider, api, made.id(), access);
  }

  @Override
  protected VendorProcess launch(Launch launch) {
    return E2bProcess.start(envd, launch);
  }

  @Override
  protected void setLifetime(Duration lifetime) {
    api.timeout(id(), E2bSandboxProvider.seconds(lifetime));
  }

  // ---- files: E2B wire 2.6 ----

  @Override
  protected FilePut put(String path) {
    return new PartedPut(this, path, path, MOST_UPLOADED, this::putPart);
  }

  private FilePut putPart(String path) {
    CloudCall call = envd.call("POST", "/files?path=" + E2bApi.encode(path));
    if (envd.access().atLeast(0, 5, 7)) {
      return new HttpPut(
          api.http, call.header("content-type", "application/octet-stream"), in -> in);
    }
    String boundary = "dunes-" + UUID.randomUUID();
    String head =
        "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\nContent-Type: application/octet-stream\r\n\r\n"
            .formatted(boundary);
    String tail = "\r\n--%s--\r\n".formatted(boundary);
    return new HttpPut(
        api.http,
        call.header("content-type", "multipart/form-data; boundary=" + boundary),
        in ->
            new SequenceInputStream(
                Collections.enumeration(List.of(bytes(head), in, bytes(tail)))));
  }

  private static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  protected boolean fetches() {
    return true;
  }

  @Override
  protected Optional<InputStream> fetch(String path) {
    return Optional.of(
        envd.reaching(
            () -> api.http.contents(envd.call("GET", "/files?path=" + E2bApi.encode(path)))));
  }

  // ---- pausing ----

  @Override
  public Optional<Pausing> pausing() {
    return Optional.of(this);
  }

  @Override
  public void pause() {
    if (!api.pause(id()) && state() != SandboxState.STOPPED) {
      throw new SandboxStateException(
          "the sandbox cannot be paused now",
          ErrorDetails.at(provider(), id()).withRemedy("try again when it runs"));
    }
  }

  @Override
  public void resume() {
    JsonNode answer = api.connect(id(), E2bSandboxProvider.seconds(spec().lifetime()));
    E2bAccess access = E2bAccess.of(answer);
    if (access.token().isPresent()) {
      envd.access(access);
    }
  }

  // ---- copying ----

  @Override
  public Optional<Forking> forking() {
    return Optional.of(this);
  }

  @Override
  public Snapshot snapshot() {
    String name = "dunes-" + UUID.randomUUID();
    return provider.saving(
        name,
        () -> new Snapshot(api.snapshot(id(), name), provider(), Instant.now()),
        () -> {
          List<String> made = api.snapshots(id(), name);
          made.forEach(api::deleteSnapshot);
          return !made.isEmpty();
        });
  }

  @Override
  public Sandbox fork() {
    JsonNode answer = api.fork(id(), E2bSandboxProvider.seconds(spec().lifetime()));
    return provider.forked(answer, spec());
  }

  @Override
  public boolean deleteSnapshot(String id) {
    return provider.deleteSnapshot(id);
  }
}
