package dev.dunes.server.sandboxapi;

import dev.dunes.hosting.AccountLimits;
import dev.dunes.hosting.BaseImages;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.HostingConfig;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.session.RunsConfig;
import dev.dunes.session.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Opens the hosting of a server as its variables say, and the sandboxes it needs when it does. */
public final class HostingSettings implements AutoCloseable {
  /** Where it is kept, in the server's working directory. */
  private static final Path DIRECTORY = Path.of(".sandstorm", "hosting");

  private static final List<String> PROVIDERS = List.of("DUNES_PROVIDER", "SANDBOX_BACKEND");
  private static final int DAY = 86_400;

  private final Settings settings;
  private final Optional<Sandboxes> given;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Sandboxes opened;
  private final HostedEgress egress;
  private final Hosting hosting;

  /**
   * @throws IllegalArgumentException for a limit that cannot be
   */
  public HostingSettings(RunsConfig runs, Settings settings) {
    this.settings = settings;
    this.given = runs.sandboxes();
    this.egress = new HostedEgress(runs, directory(runs.directory()));
    this.hosting = new Hosting(config(runs.directory()));
  }

  /** Where a server in this working directory keeps sandboxes and keys. */
  public static Path directory(Path workingDirectory) {
    return workingDirectory.resolve(DIRECTORY);
  }

  public Hosting hosting() {
    return hosting;
  }

  private HostingConfig config(Path workingDirectory) {
    HostingConfig.Builder config =
        HostingConfig.builder(directory(workingDirectory), this::sandboxes)
            .limits(limits())
            .limitsRequired(settings.on("DUNES_SANDBOX_LIMITS_REQUIRED"))
            .idle(Duration.ofSeconds(settings.number("DUNES_SANDBOX_IDLE", 0, 0, DAY)))
            .pausedFor(Duration.ofDays(settings.number("DUNES_SANDBOX_PAUSED_DAYS", 30, 1, 365)))
            .webhookPause(
                Duration.ofMillis(settings.number("DUNES_WEBHOOK_PAUSE_MS", 10_000, 1, 600_000)))
            .buildLimit(Duration.ofSeconds(settings.number("DUNES_BUILD_LIMIT", 900, 1, DAY)))
            .metricsEvery(
                Duration.ofSeconds(settings.number("DUNES_SANDBOX_METRICS_EVERY", 10, 1, 3600)))
            .spares(settings.number("DUNES_SANDBOX_READY", 4, 0, 100))
            .privateWebhooks(settings.on("DUNES_WEBHOOK_PRIVATE"))
            .internet(settings.on("DUNES_SANDBOX_INTERNET"))
            .egress(egress);
    settings
        .get("DUNES_TEMPLATE_IMAGES")
        .filter(text -> !text.isBlank())
        .map(HostingSettings::baseImages)
        .ifPresent(config::baseImages);
    provider().ifPresent(config::provider);
    return config.build();
  }

  private static BaseImages baseImages(String text) {
    try {
      return BaseImages.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("DUNES_TEMPLATE_IMAGES: " + e.getMessage(), e);
    }
  }

  /** {@code DUNES_SANDBOX_LIFETIME}, {@code …_CPU} and so on. */
  private AccountLimits limits() {
    Map<String, String> changes = new HashMap<>();
    for (String name : AccountLimits.NAMES) {
      settings
          .get("DUNES_SANDBOX_" + name.toUpperCase(Locale.ROOT))
          .ifPresent(value -> changes.put(name, value));
    }
    return AccountLimits.DEFAULT.with(changes);
  }

  private Optional<String> provider() {
    return PROVIDERS.stream()
        .flatMap(name -> settings.get(name).stream())
        .findFirst()
        .map(name -> name.strip().toLowerCase(Locale.ROOT))
        .filter(name -> !name.equals("auto"));
  }

  private Sandboxes sandboxes() {
    if (given.isPresent()) {
      return given.get();
    }
    lock.lock();
    try {
      Sandboxes known = opened;
      if (known == null) {
        Map<String, String> variables = new HashMap<>(settings.all());
        PROVIDERS.forEach(variables::remove); // "auto" is no provider
        known = Sandboxes.builder().settings(new ProviderSettings(Map.of(), variables)).build();
        opened = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    hosting.close();
    egress.close();
    lock.lock();
    try {
      if (opened != null) {
        opened.close();
        opened = null;
      }
    } finally {
      lock.unlock();
    }
  }
}
