package dev.dunes.provider.cloudflare;

import dev.dunes.provider.cloud.ClearingAway;
import dev.dunes.provider.cloud.CloudProvider;
import dev.dunes.provider.cloud.CloudSandbox;
import dev.dunes.provider.cloud.CloudSpecs;
import dev.dunes.provider.cloud.OwnRecord;
import dev.dunes.provider.cloud.OwnSandboxes;
import dev.dunes.sandbox.Capability;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Sandboxes at Cloudflare, which keeps no list of them: the list is this machine's. */
final class CloudflareSandboxProvider extends CloudProvider {
  private static final String NAME = CloudflareSandboxProviderFactory.NAME;

  private final CloudflareApi api;
  private final OwnSandboxes own;

  CloudflareSandboxProvider(CloudflareSettings settings, ProviderSettings surroundings) {
    this.api = new CloudflareApi(settings);
    this.own = new OwnSandboxes(surroundings, NAME, settings.base(), api::delete);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public ProviderCapabilities capabilities() {
    return ProviderCapabilities.of(
        Capability.PERSISTENT,
        Capability.STREAMING,
        Capability.FILE_UPLOAD,
        Capability.INTERACTIVE_SHELL);
  }

  @Override
  protected void check(SandboxSpec spec) {
    super.check(spec);
    CloudSpecs.checkIsolation(NAME, spec, IsolationTier.MICROVM);
    if (spec.image().isPresent()) {
      throw CloudSpecs.unsupported(
          NAME,
          "image",
          "the image is the one the Worker was deployed with",
          "leave it out, or deploy a Worker with that image");
    }
    boolean sized =
        spec.memoryMb().isPresent()
            || spec.cpuCores().isPresent()
            || spec.diskMb().isPresent()
            || spec.maxProcesses().isPresent();
    if (sized) {
      throw CloudSpecs.unsupported(
          NAME,
          "limits",
          "memory, processors and disk are those of the Worker's instance type",
          "leave them out, or deploy a Worker with a type of that size");
    }
    if (spec.network().filter(mode -> mode != NetworkMode.BRIDGE).isPresent()) {
      throw CloudSpecs.unsupported(
          NAME, "network", "its sandboxes always reach the internet", "use 'bridge'");
    }
  }

  // ---- making ----

  @Override
  protected CloudSandbox make(SandboxSpec spec, String mark) {
    String id = OwnSandboxes.newId();
    List<String> first = Gate.make(id, spec.env());
    OwnRecord made = own.make(id, spec, mark, () -> CloudflareSandbox.mark(api, id, first));
    return new CloudflareSandbox(this, api, made, spec);
  }

  @Override
  protected List<String> marked(String mark) {
    return own.marked(mark);
  }

  // ---- finding ----

  @Override
  protected Optional<SandboxInfo> look(String id) {
    return own.look(id).map(CloudflareSandboxProvider::info);
  }

  static SandboxInfo info(OwnRecord record) {
    return record.info(NAME, IsolationTier.MICROVM);
  }

  @Override
  public Optional<Sandbox> get(String id) {
    return own.find(id).map(record -> new CloudflareSandbox(this, api, record, record.spec()));
  }

  @Override
  public List<SandboxInfo> list(Map<String, String> labels) {
    return own.all().stream()
        .map(CloudflareSandboxProvider::info)
        .filter(info -> carries(info, labels))
        .toList();
  }

  /** Throws when it is gone; starts no container. */
  void requireThere(String id) {
    if (own.find(id).isEmpty()) {
      throw gone(id, Optional.empty());
    }
  }

  /** Says of a sandbox that is gone that it is, whatever went wrong. */
  SandboxException why(String id, SandboxException cause) {
    return own.look(id).isEmpty() ? gone(id, Optional.of(cause)) : cause;
  }

  private static SandboxNotFoundException gone(String id, Optional<SandboxException> cause) {
    ErrorDetails details = ErrorDetails.at(NAME, id).withRemedy("`ds list` shows what there is");
    return new SandboxNotFoundException(
        "sandbox '%s' is gone: destroyed, or its time was over".formatted(id),
        cause.map(details::withCause).orElse(details));
  }

  /** Its container was found to be a fresh one: that is ended, too, and the sandbox forgotten. */
  SandboxNotFoundException lost(String id) {
    boolean[] known = {false};
    ClearingAway.run(() -> {
      known[0] = own.end(id);
      if (!known[0]) {
        api.delete(id);
      }
    });
    if (!known[0]) {
      return gone(id, Optional.empty());
    }
    return new SandboxNotFoundException(
        "sandbox '%s' has lost its files: cloudflare has put its container to sleep or started it anew"
            .formatted(id),
        ErrorDetails.at(NAME, id)
            .withRemedy(
                "make another one; a longer `sleepAfter` in the Worker keeps an idle one longer"));
  }

  // ---- time and end ----

  void renew(String id, Duration lifetime) {
    requireThere(id);
    own.renew(id, lifetime, () -> gone(id, Optional.empty()));
  }

  @Override
  public boolean destroy(String id) {
    return own.end(id);
  }

  @Override
  public void healthCheck() {
    api.check();
  }

  @Override
  public void close() {
    super.close();
    own.close();
    api.close();
  }
}
