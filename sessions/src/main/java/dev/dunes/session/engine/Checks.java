package dev.dunes.session.engine;

import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentTraits;
import dev.dunes.session.SessionSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** What a session may be, looked at before anything is made. Agent API, sheet 2.3 and 4.14. */
final class Checks {
  static final String BYPASS = "bypass";
  static final String PLAN = "plan";
  private static final List<String> PERMISSION_MODES = List.of("default", PLAN, BYPASS);
  private static final int LONGEST_ID = 256;
  private static final int LONGEST_TITLE = 1000;

  private Checks() {}

  static void id(String id) {
    int bytes = id.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1 || bytes > LONGEST_ID) {
      throw Problems.invalid(
          "session id must have 1 to %d bytes".formatted(LONGEST_ID), "choose another id");
    }
    if (id.codePoints().anyMatch(Character::isISOControl)) {
      throw Problems.invalid("session id must have no control characters", "choose another id");
    }
  }

  /** The mode that is meant. */
  static String mode(SessionSpec spec, AgentTraits traits) {
    String first = traits.modes().isEmpty() ? "build" : traits.modes().getFirst().id();
    String mode = spec.agentMode().orElse(first);
    // An agent without a mode of that name plans by its permission mode alone.
    if (spec.agentMode().isEmpty()
        && spec.permissionMode().filter(PLAN::equals).isPresent()
        && knows(traits, PLAN)) {
      mode = PLAN;
    }
    mode(spec.agent(), mode, traits);
    return mode;
  }

  static void mode(String agent, String mode, AgentTraits traits) {
    if (mode.isBlank() || (!traits.anyMode() && !knows(traits, mode))) {
      throw Problems.modeNotSupported(
          agent, mode, "modes of %s: %s".formatted(agent, modes(traits)));
    }
  }

  private static boolean knows(AgentTraits traits, String mode) {
    return traits.modes().stream().anyMatch(known -> known.id().equals(mode));
  }

  private static String modes(AgentTraits traits) {
    return traits.modes().stream().map(AgentMode::id).collect(Collectors.joining(", "));
  }

  /** The permission mode that is meant. */
  static String permissionMode(SessionSpec spec, AgentTraits traits) {
    String mode = spec.permissionMode().orElse("default");
    if (!PERMISSION_MODES.contains(mode)) {
      throw Problems.invalid(
          "invalid permission mode: " + mode, "one of " + String.join(", ", PERMISSION_MODES));
    }
    if (!traits.permissionModes().contains(mode)) {
      throw Problems.modeNotSupported(
          spec.agent(), mode, "one of " + String.join(", ", traits.permissionModes()));
    }
    return mode;
  }

  static void limits(SessionSpec spec) {
    spec.turnTimeout().ifPresent(value -> positive("turnTimeout", value));
    spec.idleTimeout().ifPresent(value -> positive("idleTimeout", value));
    if (spec.maxBudgetUsd().isPresent() && !(spec.maxBudgetUsd().getAsDouble() >= 0)) {
      throw Problems.invalid("maxBudgetUsd must be 0 or more", "name an amount, or leave it out");
    }
    if (spec.cpus().isPresent()
        && !(spec.cpus().getAsDouble() >= 0.01 && spec.cpus().getAsDouble() <= 1024)) {
      throw Problems.invalid("cpus must be from 0.01 to 1024", "leave it out for the usual");
    }
    if (spec.memoryMb().isPresent() && spec.memoryMb().getAsInt() < 4) {
      throw Problems.invalid("memoryMb must be 4 or more", "leave it out for the usual");
    }
    spec.title().ifPresent(Checks::title);
    spec.directory().ifPresent(path -> absolute("directory", path));
    spec.files().keySet().forEach(path -> absolute("files", path));
  }

  static void title(String title) {
    if (title.length() > LONGEST_TITLE) {
      throw Problems.invalid(
          "title must have at most %d characters".formatted(LONGEST_TITLE), "shorten it");
    }
  }

  private static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw Problems.invalid(name + " must be greater than 0", "leave it out for the usual");
    }
  }

  private static void absolute(String name, String path) {
    if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
      throw Problems.invalid(
          "%s must be an absolute path: %s".formatted(name, path), "begin it with /");
    }
  }
}
