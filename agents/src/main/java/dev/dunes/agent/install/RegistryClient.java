package dev.dunes.agent.install;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.InstallProgress;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Fetches one package. Fails with what to do about it; never hangs. */
final class RegistryClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryClient.class);
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(20);
  private static final int REDIRECTS = 5;
  private static final int ATTEMPTS = 3;
  private static final int METADATA_LIMIT = 64 << 20;

  private final Registry registry;
  private final HttpClient http;
  private final Limits limits;

  /**
   * How long to wait for a registry.
   *
   * @param silence until the next byte
   * @param pause before the second attempt; doubles
   */
  record Limits(Duration silence, Duration pause) {
    static final Limits USUAL = new Limits(Duration.ofSeconds(60), Duration.ofSeconds(1));
  }

  RegistryClient(Registry registry, AgentSettings settings, Limits limits) {
    this.registry = registry;
    this.limits = limits;
    Proxies proxies = new Proxies(settings);
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_LIMIT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .sslContext(TrustedRoots.context(settings))
            .proxy(proxies);
    proxies.authenticator().ifPresent(builder::authenticator);
    this.http = builder.build();
  }

  /** Downloads the tarball to a file and checks it. */
  void download(PinnedPackage wanted, Path file, String step, InstallProgress progress) {
    JsonNode dist = dist(wanted);
    Optional.ofNullable(dist.get("integrity"))
        .map(JsonNode::asString)
        .filter(offered -> !offered.equals(wanted.integrity().toString()))
        .ifPresent(offered -> {
          throw Downloaded.mismatch(wanted, "the registry offers " + offered);
        });
    URI named = tarball(wanted, dist);
    try {
      tarball(named, wanted, file, step, progress);
    } catch (AgentException e) {
      // A mirror may pass on addresses of the registry it mirrors, which need not be reachable.
      if (registry.sameOrigin(named) || !(e.getCause() instanceof IOException)) {
        throw e;
      }
      LOG.info("{} is not to be had at {}; trying the registry itself", wanted, named.getHost());
      tarball(registry.tarball(wanted), wanted, file, step, progress);
    }
  }

  /** The same, and asks where the tarball is only when it is not where registries have them. */
  void downloadDirectly(PinnedPackage wanted, Path file, String step, InstallProgress progress) {
    try {
      tarball(registry.tarball(wanted), wanted, file, step, progress);
    } catch (AgentException e) {
      if (!(e.getCause() instanceof RefusedException)) {
        throw e;
      }
      LOG.debug("{} is not at its usual place", wanted, e);
      download(wanted, file, step, progress);
    }
  }

  private URI tarball(PinnedPackage wanted, JsonNode dist) {
    JsonNode tarball = dist.get("tarball");
    return tarball == null || !tarball.isString()
        ? registry.tarball(wanted)
        : registry.metadata(wanted).resolve(tarball.asString());
  }

  private void tarball(
      URI address, PinnedPackage wanted, Path file, String step, InstallProgress progress) {
    attempt(
        wanted,
        () -> {
          HttpResponse<InputStream> response = get(address, "application/octet-stream");
          long total = response.headers().firstValueAsLong("content-length").orElse(-1);
          try (InputStream body = new PatientInputStream(response.body(), limits.silence())) {
            Downloaded.write(body, total, file, wanted, step, progress);
          }
          return file;
        });
  }

  private JsonNode dist(PinnedPackage wanted) {
    JsonNode all =
        attempt(
            wanted,
            () -> {
              HttpResponse<InputStream> response =
                  get(registry.metadata(wanted), "application/vnd.npm.install-v1+json");
              try (InputStream body = new PatientInputStream(response.body(), limits.silence())) {
                byte[] bytes = body.readNBytes(METADATA_LIMIT);
                return JsonMapper.shared().readTree(bytes);
              } catch (JacksonException e) {
                throw new IOException("the answer is no JSON", e);
              }
            });
    JsonNode dist = all.path("versions").path(wanted.version()).path("dist");
    if (!dist.isObject()) {
      throw InstallFailure.of(
          "registry %s does not have %s".formatted(registry, wanted),
          "use a registry that has it, or put the package into the directory DUNES_AGENTS_OFFLINE"
              + " names");
    }
    return dist;
  }

  /** Follows redirects itself, so that credentials go to the registry only. */
  private HttpResponse<InputStream> get(URI start, String accept) throws IOException {
    URI address = start;
    for (int i = 0; i <= REDIRECTS; i++) {
      HttpResponse<InputStream> response = send(address, accept);
      int status = response.statusCode();
      if (status == 200) {
        return response;
      }
      Optional<String> location = response.headers().firstValue("location");
      close(response);
      if (status < 300 || status >= 400 || location.isEmpty()) {
        throw new RefusedException(status, address);
      }
      URI next = address.resolve(location.get());
      if (address.getScheme().equals("https") && !"https".equals(next.getScheme())) {
        throw new RefusedException(status, address);
      }
      address = next;
    }
    throw new IOException("more than %d redirects from %s".formatted(REDIRECTS, start.getHost()));
  }

  /** Of a proxy that refuses a tunnel there is no body. */
  private static void close(HttpResponse<InputStream> response) throws IOException {
    @Nullable InputStream body = response.body();
    if (body != null) {
      body.close();
    }
  }

  private HttpResponse<InputStream> send(URI address, String accept) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address).header("accept", accept).timeout(limits.silence());
    registry
        .authorizationFor(address)
        .ifPresent(credentials -> request.header("authorization", credentials));
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted = new InterruptedIOException("interrupted");
      interrupted.initCause(e);
      throw interrupted;
    }
  }

  private interface Fetch<T> {
    T run() throws IOException;
  }

  private <T> T attempt(PinnedPackage wanted, Fetch<T> fetch) {
    Duration pause = limits.pause();
    for (int attempt = 1; ; attempt++) {
      try {
        return fetch.run();
      } catch (IOException e) {
        boolean hopeless =
            attempt == ATTEMPTS
                || Thread.currentThread().isInterrupted()
                || DiskFull.is(e)
                || (e instanceof RefusedException refused && !refused.mayPass());
        if (hopeless) {
          throw failure(wanted, e);
        }
        LOG.info("{}: attempt {} failed: {}", wanted, attempt, e.toString());
      }
      sleep(wanted, pause);
      pause = pause.multipliedBy(2);
    }
  }

  private static void sleep(PinnedPackage wanted, Duration pause) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw InstallFailure.of("interrupted while %s was fetched".formatted(wanted), null, e);
    }
  }

  private RuntimeException failure(PinnedPackage wanted, IOException e) {
    if (DiskFull.is(e)) {
      return DiskFull.failure(wanted.toString(), e);
    }
    String remedy =
        e instanceof RefusedException refused
            ? refused.remedy()
            : "check the network, DUNES_NPM_REGISTRY and HTTPS_PROXY, or put the package into the"
                + " directory DUNES_AGENTS_OFFLINE names";
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return InstallFailure.of(
        "cannot fetch %s from %s: %s".formatted(wanted, registry, why), remedy, e);
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
