package dev.dunes.provider.vercel;

import dev.dunes.provider.cloud.CloudHttp;
import dev.dunes.provider.cloud.CloudSandbox;
import dev.dunes.provider.cloud.FilePut;
import dev.dunes.provider.cloud.FrameScripts;
import dev.dunes.provider.cloud.FramedProcess;
import dev.dunes.provider.cloud.Launch;
import dev.dunes.provider.cloud.PartedPut;
import dev.dunes.provider.cloud.VendorProcess;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Timeouts;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** A sandbox at Vercel. */
final class VercelSandbox extends CloudSandbox {
  /** In one request: servers have limits. */
  private static final long MOST_UPLOADED = 64 << 20;

  /** Of a script of ours, in base64. */
  private static final int MOST_OUTPUT = 64 << 20;

  private static final int WHOLE_LINES = 3;

  private final VercelSandboxProvider provider;
  private final VercelApi api;
  private final Machine machine;
  private final VercelPauses pauses;

  VercelSandbox(
      VercelSandboxProvider provider,
      VercelApi api,
      SandboxInfo made,
      SandboxSpec spec,
      String session) {
    super(provider, made, spec);
    this.provider = provider;
    this.api = api;
    this.machine = new Machine(provider, api, made.id(), session);
    this.pauses = new VercelPauses(provider, api, machine, made.id());
  }

  String clean(String text) {
    return api.secrets.clean(text);
  }

  // ---- commands ----

  @Override
  protected VendorProcess launch(Launch launch) {
    return VercelProcess.start(this, machine, launch);
  }

  @Override
  protected Optional<Whole> runWhole(Launch launch, Duration limit) {
    List<String> argv = new ArrayList<>(List.of("/bin/sh", "-c", FrameScripts.WHOLE, "dunes"));
    argv.addAll(FramedProcess.withEnv(launch.argv(), launch.env()));
    try {
      return Optional.of(Timeouts.within(limit, () -> whole(argv)));
    } catch (IOException e) {
      throw machine.why(
          new ProviderException(
              "a command did not give what it should: " + clean(String.valueOf(e.getMessage())),
              ErrorDetails.at(provider(), id())
                  .withRemedy("try again")
                  .withCause(api.secrets.clean(e))));
    }
  }

  private Whole whole(List<String> argv) throws IOException {
    List<String> lines = new ArrayList<>();
    int size = 0;
    String said = "";
    try (CommandStream stream = VercelProcess.run(machine, argv, MOST_OUTPUT)) {
      for (Optional<FramedProcess.Line> line = stream.next();
          line.isPresent() && lines.size() < WHOLE_LINES;
          line = stream.next()) {
        if (line.get().channel() == Channel.STDOUT) {
          lines.add(line.get().text());
          size += line.get().text().length();
        } else {
          said = line.get().text();
        }
        if (size > MOST_OUTPUT) {
          throw new IOException("it gave far too much");
        }
      }
    }
    try {
      return new Whole(
          Integer.parseInt(lines.get(2).strip()),
          Base64.getDecoder().decode(lines.get(0).strip()),
          Base64.getDecoder().decode(lines.get(1).strip()));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IOException("its output is cut: " + said, e);
    }
  }

  // ---- files ----

  @Override
  protected FilePut put(String path) {
    return new PartedPut(
        this, path, path, MOST_UPLOADED, part -> new PiecesPut(this, machine, part));
  }

  @Override
  protected boolean fetches() {
    return true;
  }

  @Override
  protected Optional<InputStream> fetch(String path) {
    return Optional.of(
        machine.reaching(at ->
            api.http.contents(
                at.call("POST", "/fs/read")
                    .json(CloudHttp.object().put("path", path).put("cwd", "/")))));
  }

  // ---- time ----

  /** A machine's time can be made longer there, never shorter: the tag has the exact moment. */
  @Override
  protected void setLifetime(Duration lifetime) {
    JsonNode shown = provider.alive(id()).orElseThrow(() -> provider.notFound(id()));
    Instant deadline = Instant.now().plus(lifetime);
    pauses.lengthen(shown, deadline);
    api.update(id(), VercelSandboxProvider.tags(shown.path("sandbox"), deadline));
    provider.keep(id(), deadline);
  }

  @Override
  public Optional<Pausing> pausing() {
    return Optional.of(pauses);
  }

  @Override
  public Optional<Forking> forking() {
    return Optional.of(new VercelCopies(provider, api, pauses, id(), spec()));
  }

  static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for vercel", e);
    }
  }
}
