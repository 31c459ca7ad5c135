package dev.dunes.hosting;

import java.util.List;
import java.util.Optional;

/**
 * What a template is built from. E2B wire 2.4.
 *
 * @param fromImage the name of an image; this or the next
 * @param fromTemplate the name of a template
 * @param startCmd a line of shell that is started in every new sandbox
 * @param readyCmd a line of shell that succeeds when a sandbox can be used
 * @param steps in their order
 */
public record BuildPlan(
    Optional<String> fromImage,
    Optional<String> fromTemplate,
    Optional<String> startCmd,
    Optional<String> readyCmd,
    List<Step> steps) {
  /** The most steps there may be. */
  public static final int MOST_STEPS = 1000;

  /** What a step does. */
  public enum Kind {
    COPY,
    RUN,
    ENV,
    WORKDIR,
    USER
  }

  /**
   * One step.
   *
   * @param kind what it does
   * @param args of the kind
   * @param filesHash which uploaded archive a copy takes
   */
  public record Step(Kind kind, List<String> args, Optional<String> filesHash) {
    public Step {
      args = List.copyOf(args);
    }

    /** An argument; empty when it is not there. */
    String arg(int index) {
      return index < args.size() ? args.get(index) : "";
    }

    @Override
    public String toString() {
      return (kind + " " + String.join(" ", args)).strip();
    }
  }

  public BuildPlan {
    steps = List.copyOf(steps);
    if (fromImage.isPresent() == fromTemplate.isPresent()) {
      throw HostingException.invalid("give either fromImage or fromTemplate");
    }
    if (steps.size() > MOST_STEPS) {
      throw HostingException.invalid("a template has at most %d steps".formatted(MOST_STEPS));
    }
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      boolean enough =
          switch (step.kind()) {
            case COPY -> step.args().size() >= 2 && step.filesHash().isPresent();
            case RUN, WORKDIR, USER -> !step.arg(0).isBlank();
            case ENV -> step.args().size() >= 2 && step.args().size() % 2 == 0;
          };
      if (!enough) {
        throw HostingException.invalid(
            "step %d (%s) lacks arguments".formatted(i + 1, step.kind()));
      }
    }
  }
}
