package dev.dunes.provider.modal;

import dev.dunes.provider.cloud.CloudSpecs;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.SandboxSpec;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A specification in the words of Modal. Cloud providers 2.2. */
final class Definition {
  /** What graphics processors it has: {@code A100}, {@code T4:2}. */
  static final String GPU = "gpu";

  /** What it reaches and nothing else, apart by commas. */
  private static final String CIDRS = "allowed_cidrs";

  private static final String DOMAINS = "allowed_domains";
  private static final List<String> SETTINGS = List.of(CIDRS, DOMAINS, GPU);

  private static final Pattern GPU_SYNTAX =
      Pattern.compile("([A-Za-z0-9][A-Za-z0-9_-]{0,39}[!+]?)(?::([1-9][0-9]?))?");
  private static final int MOST_ENTRIES = 1000;

  private static final int OPEN = 1;
  private static final int BLOCKED = 2;
  private static final int ALLOWLIST = 3;

  private static final int USUAL_MEMORY = 2048;
  private static final double USUAL_CORES = 2.0;

  private Definition() {}

  /** Refuses what cannot be had, before anything is made. */
  static void check(SandboxSpec spec, String image) {
    String name = ModalSandboxProviderFactory.NAME;
    CloudSpecs.checkIsolation(name, spec, IsolationTier.GVISOR);
    Images.check(image);
    if (spec.maxProcesses().isPresent()) {
      throw CloudSpecs.unsupported(
          name, "maxProcesses", "it has no limit on processes", "leave it out");
    }
    if (spec.network().filter(NetworkMode.HOST::equals).isPresent()) {
      throw CloudSpecs.unsupported(
          name, "network", "its sandboxes are not on this network", "use 'bridge' or 'none'");
    }
    for (String key : new TreeSet<>(spec.providerConfig().keySet())) {
      if (!SETTINGS.contains(key)) {
        throw new InvalidRequestException(
            "providerConfig." + key,
            "providerConfig.%s: provider 'modal' has no such setting".formatted(key),
            ErrorDetails.remedy("leave it out; there are " + String.join(", ", SETTINGS)));
      }
    }
    network(spec);
    gpu(spec);
  }

  /**
   * @param image its id
   * @param limit when the vendor ends it at the latest
   */
  static WireFields of(SandboxSpec spec, String image, Duration limit) {
    String seconds = Long.toString(ModalProcess.seconds(spec.lifetime()));
    return new WireFields()
        .texts(1, List.of("/bin/sh", "-c", Deadline.KEEP, "dunes", seconds))
        .text(3, image)
        .message(5, resources(spec))
        .number(7, ModalProcess.seconds(limit))
        .message(22, network(spec));
  }

  private static WireFields resources(SandboxSpec spec) {
    WireFields resources = new WireFields();
    resources.number(2, spec.memoryMb().orElse(USUAL_MEMORY));
    spec.memoryMb().ifPresent(most -> resources.number(5, most));
    resources.number(3, milli(spec.cpuCores().orElse(USUAL_CORES)));
    spec.cpuCores().ifPresent(most -> resources.number(7, milli(most)));
    spec.diskMb().ifPresent(most -> resources.number(6, most));
    gpu(spec).ifPresent(gpu -> resources.message(4, gpu));
    return resources;
  }

  private static long milli(double cores) {
    return Math.max(1, Math.round(cores * 1000));
  }

  private static Optional<WireFields> gpu(SandboxSpec spec) {
    String wanted = spec.providerConfig().get(GPU);
    if (wanted == null) {
      return Optional.empty();
    }
    Matcher gpu = GPU_SYNTAX.matcher(wanted);
    if (!gpu.matches()) {
      throw InvalidRequestException.field("providerConfig.gpu", wanted, "such as T4 or A100:2");
    }
    long count = gpu.group(2) == null ? 1 : Long.parseLong(gpu.group(2));
    return Optional.of(
        new WireFields().number(2, count).text(4, gpu.group(1).toUpperCase(java.util.Locale.ROOT)));
  }

  private static WireFields network(SandboxSpec spec) {
    List<String> cidrs = entries(spec.providerConfig(), CIDRS);
    List<String> domains = entries(spec.providerConfig(), DOMAINS);
    boolean none = spec.network().filter(NetworkMode.NONE::equals).isPresent();
    boolean some = !cidrs.isEmpty() || !domains.isEmpty();
    if (none && some) {
      throw InvalidRequestException.field(
          "network", "none", "'bridge' when providerConfig says what is allowed");
    }
    return new WireFields()
        .number(1, none ? BLOCKED : some ? ALLOWLIST : OPEN)
        .texts(2, cidrs)
        .texts(3, domains);
  }

  private static List<String> entries(Map<String, String> config, String name) {
    String text = config.get(name);
    if (text == null) {
      return List.of();
    }
    List<String> entries = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    if (entries.size() > MOST_ENTRIES || entries.stream().anyMatch(String::isEmpty)) {
      throw InvalidRequestException.field(
          "providerConfig." + name, text, "one entry or more, apart by commas");
    }
    return entries;
  }
}
