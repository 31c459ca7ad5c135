package dev.dunes.provider.e2b;

import dev.dunes.provider.cloud.CloudProvider;
import dev.dunes.provider.cloud.CloudSandbox;
import dev.dunes.provider.cloud.CloudSpecs;
import dev.dunes.provider.cloud.VendorLabels;
import dev.dunes.sandbox.Capability;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Sandboxes at E2B. */
final class E2bSandboxProvider extends CloudProvider {
  private static final Pattern ID = Pattern.compile("[a-z0-9]{1,64}");
  private static final String SNAPSHOT = "snapshot:";
  private static final String NAME = E2bSandboxProviderFactory.NAME;

  private final E2bApi api;

  E2bSandboxProvider(E2bSettings settings) {
    this.api = new E2bApi(settings);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public ProviderCapabilities capabilities() {
    return ProviderCapabilities.of(
        Capability.PERSISTENT,
        Capability.SNAPSHOT,
        Capability.STREAMING,
        Capability.FILE_UPLOAD,
        Capability.INTERACTIVE_SHELL);
  }

  @Override
  protected void check(SandboxSpec spec) {
    super.check(spec);
    CloudSpecs.checkIsolation(NAME, spec, IsolationTier.MICROVM);
    boolean sized =
        spec.memoryMb().isPresent()
            || spec.cpuCores().isPresent()
            || spec.diskMb().isPresent()
            || spec.maxProcesses().isPresent();
    if (sized) {
      throw CloudSpecs.unsupported(
          NAME,
          "limits",
          "memory, processors and disk are those of the template",
          "leave them out, or build a template of that size and name it as image");
    }
    if (spec.network().filter(NetworkMode.HOST::equals).isPresent()) {
      throw CloudSpecs.unsupported(
          NAME, "network", "its sandboxes are not on this network", "use 'bridge' or 'none'");
    }
  }

  @Override
  protected CloudSandbox make(SandboxSpec spec, String mark) {
    ObjectNode body = E2bApi.JSON.createObjectNode();
    body.put(
        "templateID",
        spec.image().map(E2bSandboxProvider::template).orElse(api.settings.template()));
    body.put("timeout", seconds(spec.lifetime()));
    E2bShape.metadata(spec, mark).forEach(body.putObject("metadata")::put);
    spec.env().forEach(body.putObject("envVars")::put);
    if (spec.network().filter(NetworkMode.NONE::equals).isPresent()) {
      body.put("allow_internet_access", false);
    }
    JsonNode answer = api.create(body);
    return new E2bSandbox(this, api, E2bShape.made(answer, spec), spec, E2bAccess.of(answer));
  }

  private static String template(String image) {
    return image.startsWith(SNAPSHOT) ? image.substring(SNAPSHOT.length()) : image;
  }

  /** At least 1, and never less than was asked for. */
  static long seconds(Duration lifetime) {
    return Math.max(1, lifetime.plusMillis(999).toSeconds());
  }

  @Override
  protected List<String> marked(String mark) {
    return api.list(Map.of(VendorLabels.MARK, mark)).stream()
        .filter(shown -> mark.equals(E2bShape.metadata(shown).get(VendorLabels.MARK)))
        .map(shown -> shown.path("sandboxID").asString(""))
        .toList();
  }

  @Override
  protected Optional<SandboxInfo> look(String id) {
    return api.get(id).map(E2bShape::info);
  }

  @Override
  public Optional<Sandbox> get(String id) {
    if (!ID.matcher(id).matches()) {
      return Optional.empty();
    }
    return api.get(id).map(this::handle);
  }

  private Sandbox handle(JsonNode shown) {
    return new E2bSandbox(
        this,
        api,
        E2bShape.info(shown),
        VendorLabels.spec(E2bShape.metadata(shown)),
        E2bAccess.of(shown));
  }

  /** A copy, as the service has made it. */
  Sandbox forked(JsonNode answer, SandboxSpec spec) {
    JsonNode made = answer.path("sandbox");
    if (made.path("sandboxID").asString("").isEmpty()) {
      throw new ProviderException(
          "e2b could not copy the sandbox: "
              + api.secrets.clean(answer.path("error").path("message").asString("")));
    }
    E2bSandbox fork =
        new E2bSandbox(this, api, E2bShape.made(made, spec), spec, E2bAccess.of(made));
    own(fork);
    return fork;
  }

  @Override
  public List<SandboxInfo> list(Map<String, String> labels) {
    return api.list(labels).stream()
        .map(E2bShape::info)
        .filter(info -> carries(info, labels))
        .toList();
  }

  @Override
  public boolean destroy(String id) {
    return ID.matcher(id).matches() && api.kill(id);
  }

  @Override
  public boolean deleteSnapshot(String id) {
    return api.deleteSnapshot(id);
  }

  @Override
  public void healthCheck() {
    api.check();
  }

  @Override
  public void close() {
    super.close();
    api.close();
  }
}
