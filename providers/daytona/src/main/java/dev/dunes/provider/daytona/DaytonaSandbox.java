package dev.dunes.provider.daytona;

import dev.dunes.provider.cloud.CloudCall;
import dev.dunes.provider.cloud.CloudSandbox;
import dev.dunes.provider.cloud.FilePut;
import dev.dunes.provider.cloud.FrameScripts;
import dev.dunes.provider.cloud.FramedProcess;
import dev.dunes.provider.cloud.HttpPut;
import dev.dunes.provider.cloud.Launch;
import dev.dunes.provider.cloud.PartedPut;
import dev.dunes.provider.cloud.VendorLabels;
import dev.dunes.provider.cloud.VendorProcess;
import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.Snapshot;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A sandbox at Daytona. */
final class DaytonaSandbox extends CloudSandbox implements Pausing, Forking {
  /** In one request: servers have limits. */
  private static final long MOST_UPLOADED = 64 << 20;

  private static final long LOOK_MILLIS = 200;
  private static final Duration STOP_LIMIT = Duration.ofMinutes(2);

  private final DaytonaSandboxProvider provider;
  private final DaytonaApi api;
  private final Toolbox toolbox;

  DaytonaSandbox(
      DaytonaSandboxProvider provider,
      DaytonaApi api,
      SandboxInfo made,
      SandboxSpec spec,
      String proxy) {
    super(provider, made, spec);
    this.provider = provider;
    this.api = api;
    this.toolbox = new Toolbox(provider, api, made.id(), proxy);
  }

  ProviderException broken(IOException e) {
    return api.http.broken(toolbox.call("GET", "/"), e);
  }

  // ---- commands ----

  @Override
  protected VendorProcess launch(Launch launch) {
    return launch.terminal().isPresent()
        ? DaytonaTerminal.start(this, toolbox, launch, launch.terminal().get())
        : DaytonaProcess.start(this, toolbox, launch);
  }

  @Override
  protected Optional<Whole> runWhole(Launch launch, Duration limit) {
    List<String> argv = new ArrayList<>(List.of("/bin/sh", "-c", FrameScripts.WHOLE, "dunes"));
    argv.addAll(FramedProcess.withEnv(launch.argv(), launch.env()));
    ObjectNode body =
        DaytonaApi.JSON
            .createObjectNode()
            .put("command", FramedProcess.line(argv))
            .put("timeout", limit.toSeconds());
    CloudCall call =
        toolbox.call("POST", "/process/execute").within(limit.plusSeconds(10)).json(body);
    String result = toolbox.reaching(() -> api.http.json(call)).path("result").asString("");
    String[] lines = result.split("\n", 4);
    try {
      return Optional.of(
          new Whole(
              Integer.parseInt(lines[2].strip()),
              Base64.getDecoder().decode(lines[0].strip()),
              Base64.getDecoder().decode(lines[1].strip())));
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      throw broken(new IOException("a command did not give what it should: " + head(result), e));
    }
  }

  private static String head(String text) {
    return text.substring(0, Math.min(200, text.length()));
  }

  // ---- files ----

  @Override
  protected FilePut put(String path) {
    return new PartedPut(this, path, path, MOST_UPLOADED, this::putPart);
  }

  private FilePut putPart(String path) {
    String boundary = "dunes-" + UUID.randomUUID();
    String head =
        "--%1$s\r\nContent-Disposition: form-data; name=\"files[0].path\"\r\n\r\n%2$s\r\n--%1$s\r\nContent-Disposition: form-data; name=\"files[0].file\"; filename=\"file\"\r\nContent-Type: application/octet-stream\r\n\r\n"
            .formatted(boundary, path);
    String tail = "\r\n--%s--\r\n".formatted(boundary);
    return new HttpPut(
        api.http,
        toolbox
            .call("POST", "/files/bulk-upload")
            .header("content-type", "multipart/form-data; boundary=" + boundary),
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
    CloudCall call = toolbox.call("GET", "/files/download?path=" + DaytonaApi.encode(path));
    return Optional.of(toolbox.reaching(() -> api.http.contents(call)));
  }

  // ---- time ----

  @Override
  protected void setLifetime(Duration lifetime) {
    JsonNode shown = api.get(id()).orElseThrow(() -> provider.notFound(id()));
    api.labels(id(), VendorLabels.until(DaytonaShape.labels(shown), Instant.now().plus(lifetime)));
    api.lifetime(id(), DaytonaSandboxProvider.minutes(lifetime));
  }

  // ---- pausing: the files stay, processes end ----

  @Override
  public Optional<Pausing> pausing() {
    return Optional.of(this);
  }

  @Override
  public void pause() {
    if (state() == SandboxState.STOPPED) {
      return;
    }
    api.stop(id());
    long end = System.nanoTime() + STOP_LIMIT.toNanos();
    while (state() != SandboxState.STOPPED) {
      if (System.nanoTime() - end > 0) {
        throw dev.dunes.sandbox.SandboxTimeoutException.after(STOP_LIMIT);
      }
      DaytonaSandboxProvider.sleep(LOOK_MILLIS);
    }
  }

  @Override
  public void resume() {
    JsonNode shown = api.get(id()).orElseThrow(() -> provider.notFound(id()));
    if (DaytonaShape.state(shown) != SandboxState.RUNNING) {
      api.start(id());
      provider.awaitStarted(
          api.get(id()).orElseThrow(() -> provider.notFound(id())), spec().lifetime());
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
        () -> {
          api.snapshot(id(), name);
          provider.awaitStarted(
              api.get(id()).orElseThrow(() -> provider.notFound(id())), spec().lifetime());
          return new Snapshot(name, provider(), Instant.now());
        },
        () -> provider.deleteSnapshot(name));
  }

  @Override
  public Sandbox fork() {
    return provider.fork(id(), spec());
  }

  @Override
  public boolean deleteSnapshot(String id) {
    return provider.deleteSnapshot(id);
  }
}
