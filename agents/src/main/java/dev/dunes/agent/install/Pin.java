package dev.dunes.agent.install;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * The version of an agent that is installed, and what it is made of.
 *
 * @param agent its id
 * @param licence shown when it is downloaded; we never pass the package on
 * @param program the file to run, relative to the package
 * @param answers what {@code program --version} must contain
 * @param packages by platform, such as {@code linux-x64-musl}
 */
public record Pin(
    String agent,
    String version,
    String licence,
    String program,
    String answers,
    Map<String, PinnedPackage> packages) {
  public Pin {
    requireNonNull(agent, "agent");
    requireNonNull(version, "version");
    requireNonNull(licence, "licence");
    requireNonNull(program, "program");
    requireNonNull(answers, "answers");
    packages = Map.copyOf(packages);
  }

  /** For progress and errors, such as {@code claude 2.1.329}. */
  String title() {
    return agent + " " + version;
  }
}
