package dev.dunes.agent.mock;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentModels;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.InstallProgress;
import dev.dunes.sandbox.Sandbox;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The reference agent of the agent API, sheet 2.9. It runs in this process, asks no model and needs
 * no sandbox. {@code DUNES_MOCK_PACE} says how many milliseconds it takes for each step.
 */
public final class MockAgent implements Agent {
  /** Its id. */
  public static final String ID = "mock";

  static final String PACE = "DUNES_MOCK_PACE";
  private static final int USUAL_PACE = 200;
  private static final int SLOWEST = 60_000;
  private static final List<String> EFFORTS = List.of("low", "medium", "high");

  private static final AgentTraits TRAITS =
      new AgentTraits(
          new AgentCapabilities(
              true, true, true, true, true, true, true, true, true, true, true, true, true, true,
              true, true, true, false),
          List.of(
              new AgentMode("build", "Build", "Mock agent for UI testing"),
              new AgentMode("plan", "Plan", "Plan-only mock mode")),
          false,
          List.of("default", "plan", "bypass"),
          List.of(),
          false,
          true,
          Optional.empty());

  private static final AgentModels MODELS =
      new AgentModels(List.of(model("mock"), model("mock-fast")), Optional.of("mock"));

  private final Supplier<Duration> pace;

  /** With the pace that is set. */
  public MockAgent(AgentSettings settings) {
    this.pace = () -> pace(settings);
  }

  /**
   * @param pace how long each step takes
   */
  public MockAgent(Duration pace) {
    this.pace = () -> pace;
  }

  private static AgentModels.Model model(String id) {
    return new AgentModels.Model(id, Optional.of(id), EFFORTS, Optional.of(EFFORTS.getFirst()));
  }

  private static Duration pace(AgentSettings settings) {
    Optional<String> text = settings.variable(PACE);
    if (text.isEmpty()) {
      return Duration.ofMillis(USUAL_PACE);
    }
    try {
      int millis = Integer.parseInt(text.get().strip());
      if (millis >= 0 && millis <= SLOWEST) {
        return Duration.ofMillis(millis);
      }
    } catch (NumberFormatException e) {
      throw wrongPace(e);
    }
    throw wrongPace(null);
  }

  private static AgentException wrongPace(@Nullable Throwable cause) {
    return new AgentException(
        "invalid_setting",
        "%s must be a whole number of milliseconds from 0 to %d".formatted(PACE, SLOWEST),
        "set it so, or leave it out",
        cause);
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public AgentTraits traits() {
    return TRAITS;
  }

  @Override
  public AgentModels models() {
    return MODELS;
  }

  @Override
  public AgentPlacement prepare(InstallProgress progress) {
    return new AgentPlacement(List.of(), "builtin");
  }

  @Override
  public Optional<AgentPlacement> installed() {
    return Optional.of(new AgentPlacement(List.of(), "builtin"));
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    return new MockSession(pace.get(), options);
  }
}
