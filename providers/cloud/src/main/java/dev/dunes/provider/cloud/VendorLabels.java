package dev.dunes.provider.cloud;

import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What has to be known of a sandbox beside its labels, for vendors who keep labels: it is among
 * them, under names that no label of ours can have. Whoever has the same account may have written
 * any of it.
 */
public final class VendorLabels {
  /** Labels begin with a letter or digit. */
  private static final String OURS = "_dunes.";

  /** By which a sandbox is found whose making was not answered. */
  public static final String MARK = OURS + "mark";

  private static final String DEADLINE = OURS + "deadline";
  private static final String DETACHED = OURS + "detached";
  private static final String DIRECTORY = OURS + "directory";
  private static final String LIFETIME = OURS + "lifetime";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_./-]{0,62}");
  private static final int LONGEST_VALUE = 256;

  private VendorLabels() {}

  /** The labels of a specification, and what else is to be known of it. */
  public static Map<String, String> of(SandboxSpec spec) {
    Map<String, String> all = new LinkedHashMap<>(spec.labels());
    all.put(LIFETIME, spec.lifetime().toString());
    if (spec.detached()) {
      all.put(DETACHED, "true");
    }
    spec.workingDir().ifPresent(path -> all.put(DIRECTORY, path));
    return all;
  }

  /** The same with the moment of its end, for vendors who do not keep it exactly. */
  public static Map<String, String> until(Map<String, String> all, Instant deadline) {
    Map<String, String> until = new LinkedHashMap<>(all);
    until.put(DEADLINE, deadline.toString());
    return until;
  }

  /** Those that are labels for whoever asks. */
  public static Map<String, String> shown(Map<String, String> all) {
    Map<String, String> labels = new LinkedHashMap<>(all);
    labels.keySet().removeIf(name -> name.startsWith(OURS));
    return labels;
  }

  /** The moment that was kept. */
  public static Optional<Instant> deadline(Map<String, String> all) {
    return time(all.getOrDefault(DEADLINE, ""));
  }

  /** Whether its time is over. */
  public static boolean expired(SandboxInfo info) {
    return info.deadline().filter(deadline -> Instant.now().isAfter(deadline)).isPresent();
  }

  /** What it was made with, as far as it was kept. */
  public static SandboxSpec spec(Map<String, String> all) {
    SandboxSpec.Builder spec = SandboxSpec.builder().detached("true".equals(all.get(DETACHED)));
    shown(all).entrySet().stream()
        .filter(VendorLabels::possible)
        .forEach(each -> spec.label(each.getKey(), each.getValue()));
    Optional.ofNullable(all.get(DIRECTORY))
        .filter(path -> path.startsWith("/"))
        .ifPresent(spec::workingDir);
    Optional.ofNullable(all.get(LIFETIME))
        .flatMap(VendorLabels::lifetime)
        .ifPresent(spec::lifetime);
    return spec.build();
  }

  private static boolean possible(Map.Entry<String, String> label) {
    return NAME.matcher(label.getKey()).matches()
        && label.getValue().length() <= LONGEST_VALUE
        && label.getValue().chars().noneMatch(Character::isISOControl);
  }

  private static Optional<Duration> lifetime(String text) {
    try {
      return Optional.of(Duration.parse(text))
          .filter(each -> each.toSeconds() >= 1 && each.toDays() < 365);
    } catch (DateTimeException e) {
      return Optional.empty(); // whoever wrote it was not us
    }
  }

  /** A moment as vendors write it; empty when it is none. */
  public static Optional<Instant> time(String text) {
    try {
      return Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
