package dev.dunes.cli;

import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.SandboxSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a new sandbox shall be like. */
final class SpecOptions {
  @Option(
      names = {"-p", "--provider"},
      paramLabel = "NAME",
      description = "Use this provider instead of the one that is detected.")
  private Optional<String> provider = Optional.empty();

  @Option(
      names = {"-i", "--image"},
      paramLabel = "IMAGE",
      description = "Start from this image, template or snapshot.")
  private Optional<String> image = Optional.empty();

  @Option(
      names = {"-l", "--label"},
      paramLabel = "KEY=VALUE",
      description = "Label it, so that it can be found again. May be repeated.")
  private List<String> labels = new ArrayList<>();

  @Option(names = "--memory", paramLabel = "MB", description = "Limit its memory, in MiB.")
  private Optional<Integer> memory = Optional.empty();

  @Option(names = "--cpus", paramLabel = "N", description = "Limit its processor time, in cores.")
  private Optional<Double> cpus = Optional.empty();

  @Option(names = "--disk", paramLabel = "MB", description = "Limit its files, in MiB.")
  private Optional<Integer> disk = Optional.empty();

  @Option(names = "--pids", paramLabel = "N", description = "Limit its processes and threads.")
  private Optional<Integer> pids = Optional.empty();

  @Option(
      names = "--network",
      paramLabel = "MODE",
      description = "What it can reach: none or host; bridge where the provider has it.")
  private Optional<String> network = Optional.empty();

  @Option(
      names = "--isolation",
      paramLabel = "TIER",
      description = "The weakest isolation that will do: none, namespace, gvisor or microvm.")
  private Optional<String> isolation = Optional.empty();

  Optional<String> provider() {
    return provider;
  }

  Map<String, String> labels() {
    return KeyValues.parse("--label", labels);
  }

  /** A specification with these options. */
  SandboxSpec.Builder spec() {
    SandboxSpec.Builder spec = SandboxSpec.builder().labels(labels());
    image.ifPresent(spec::image);
    memory.ifPresent(spec::memoryMb);
    cpus.ifPresent(spec::cpuCores);
    disk.ifPresent(spec::diskMb);
    pids.ifPresent(spec::maxProcesses);
    network.ifPresent(mode -> spec.network(word("--network", NetworkMode.values(), mode)));
    isolation.ifPresent(tier -> spec.isolation(word("--isolation", IsolationTier.values(), tier)));
    return spec;
  }

  private static <E extends Enum<E>> E word(String option, E[] known, String given) {
    List<String> words = new ArrayList<>();
    for (E one : known) {
      String word = one.name().toLowerCase(Locale.ROOT);
      if (word.equals(given)) {
        return one;
      }
      words.add(word);
    }
    throw Failure.usage(
        "%s: '%s' cannot be used; use one of %s".formatted(option, given, String.join(", ", words)),
        "");
  }
}
