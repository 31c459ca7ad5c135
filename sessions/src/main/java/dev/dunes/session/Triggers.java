package dev.dunes.session;

import dev.dunes.session.time.Timers;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * The triggers of {@code sandstorm.json}, as it is now. When one of them is bad there are none, and
 * the log says why. Safe for use by several threads. Query API 2.11.
 */
public final class Triggers {
  private static final Logger LOG = LoggerFactory.getLogger(Triggers.class);
  private static final String SECRET_HEADER = "x-sandstorm-trigger-secret";
  private static final String SIGNATURE_HEADER = "x-hub-signature-256";

  private final Runs runs;
  private final ProjectConfigFile project;
  private final Settings settings;
  private final Timers timers;
  private final Map<String, Run> lastRuns = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable ProjectConfig readFrom;
  private @Nullable Map<String, String> readWith;
  private List<Trigger> triggers = List.of();
  private volatile boolean stopped;

  Triggers(Runs runs, ProjectConfigFile project, Settings settings, Timers timers) {
    this.runs = runs;
    this.project = project;
    this.settings = settings;
    this.timers = timers;
  }

  /** All there are now. */
  public List<Trigger> all() {
    lock.lock();
    try {
      ProjectConfig config = project.current();
      Map<String, String> variables = settings.all();
      if (config != readFrom || variables != readWith) {
        readFrom = config;
        readWith = variables;
        triggers = read(config, variables);
      }
      return triggers;
    } catch (RunRefusedException e) {
      return List.of();
    } finally {
      lock.unlock();
    }
  }

  private static List<Trigger> read(ProjectConfig config, Map<String, String> variables) {
    try {
      return config.triggers().map(new TriggerReader(variables)::read).orElse(List.of());
    } catch (IllegalArgumentException e) {
      LOG.error("sandstorm.json: {}; no trigger is mounted", e.getMessage());
      return List.of();
    }
  }

  /** The one of this name. */
  public Optional<Trigger> named(String name) {
    return all().stream().filter(trigger -> trigger.name().equals(name)).findFirst();
  }

  /** The webhook at a path. */
  public Optional<Trigger.Webhook> at(String path) {
    return all().stream()
        .filter(Trigger.Webhook.class::isInstance)
        .map(Trigger.Webhook.class::cast)
        .filter(webhook -> webhook.path().equals(path))
        .findFirst();
  }

  /**
   * Whether a call may fire a webhook: it shows the secret, or its body is signed with it.
   *
   * @param headers by lower-case name
   */
  public boolean admits(Trigger.Webhook webhook, Map<String, String> headers, byte[] body) {
    if (webhook.secret().isEmpty()) {
      return true;
    }
    String secret = webhook.secret().get();
    return same(headers.get(SECRET_HEADER), secret)
        || same(headers.get(SIGNATURE_HEADER), "sha256=" + signature(secret, body));
  }

  /**
   * The request that a firing means.
   *
   * @param body what came with it; an empty object for none
   * @param headers by lower-case name
   * @param unattended whether nobody listens
   */
  public RunRequest request(
      Trigger trigger, JsonNode body, Map<String, String> headers, boolean unattended) {
    String prompt =
        switch (trigger) {
          case Trigger.Cron cron -> cron.prompt();
          case Trigger.Webhook webhook -> TriggerTemplate.fill(webhook.prompt(), body, headers);
        };
    return RunRequest.builder(prompt)
        .scope(new RunScope(RunScope.TRIGGER_TEAM, trigger.name(), Optional.empty()))
        .outputFormat(Json.object())
        .unattended(unattended)
        .build();
  }

  /** Fires one: its run goes on whether or not anybody listens. */
  public Run fire(Trigger trigger, JsonNode body, Map<String, String> headers) {
    Run run = runs.start(request(trigger, body, headers, true), RunIds.ofTrigger(trigger.name()));
    lastRuns.put(trigger.name(), run);
    return run;
  }

  /** Fires those whose time has come, once a minute. */
  void start() {
    if (!stopped) {
      Instant now = Instant.now();
      Instant next = now.truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES);
      timers.after(
          Duration.between(now, next),
          () ->
              Thread.ofVirtual()
                  .name("run-triggers")
                  .start(() -> {
                    tick(next.atZone(ZoneOffset.UTC));
                    start();
                  }));
    }
  }

  void stop() {
    stopped = true;
  }

  /** Fires what is due in this minute; one whose last run still lives is left out. */
  void tick(ZonedDateTime minute) {
    for (Trigger trigger : all()) {
      if (trigger instanceof Trigger.Cron cron
          && CronSchedule.parse(cron.schedule()).matches(minute)) {
        fireUnlessBusy(cron);
      }
    }
  }

  private void fireUnlessBusy(Trigger.Cron cron) {
    Run last = lastRuns.get(cron.name());
    if (last != null && last.record().running()) {
      LOG.info("trigger {} is left out: run {} still lives", cron.name(), last.id());
      return;
    }
    try {
      Run run = fire(cron, Json.object(), Map.of());
      LOG.info("trigger {} started run {}", cron.name(), run.id());
    } catch (RunRefusedException e) {
      LOG.warn("trigger {} could not start a run: {}", cron.name(), e.getMessage());
    }
  }

  private static boolean same(@Nullable String shown, String expected) {
    return shown != null
        && MessageDigest.isEqual(
            shown.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8));
  }

  private static String signature(String secret, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(body));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("this Java has no HmacSHA256", e);
    }
  }
}
