package dev.dunes.agent.acp;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentOptions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What is to be changed before the next turn: first what the options want, then what was asked for
 * since. One change at a time. Not safe for use by several threads.
 */
final class AcpWishes {
  private static final int LIMIT = 64;

  private final AcpProfile profile;
  private final AgentOptions options;
  private final Deque<AcpSettings.Change> changes = new ArrayDeque<>();
  private @Nullable AcpSettings settings;
  private int initial;
  private boolean busy;
  private Optional<String> mode = Optional.empty();
  private Optional<String> model = Optional.empty();
  private Optional<String> variant = Optional.empty();

  AcpWishes(AcpProfile profile, AgentOptions options) {
    this.profile = profile;
    this.options = options;
  }

  /**
   * The conversation is open.
   *
   * @throws AgentException {@code mode_not_supported}, {@code model_not_supported}
   */
  void opened(JsonNode answer) {
    AcpSettings known = new AcpSettings(profile.modes(), answer);
    settings = known;
    Optional.ofNullable(profile.policies().get(options.permissions()))
        .flatMap(known::mode)
        .ifPresent(changes::add);
    mode.or(options::mode).flatMap(known::mode).ifPresent(changes::add);
    model.map(known::model).ifPresent(changes::add);
    variant.or(options::variant).map(known::variant).ifPresent(changes::add);
    initial = changes.size();
  }

  Optional<List<AgentMode>> modes() {
    return Optional.ofNullable(settings).map(AcpSettings::modes).filter(all -> !all.isEmpty());
  }

  void mode(String wanted) {
    AcpSettings known = settings;
    if (known == null) {
      mode = Optional.of(wanted);
    } else {
      known.mode(wanted).ifPresent(this::add);
    }
  }

  void model(String wanted, Optional<String> thinking) {
    AcpSettings known = settings;
    if (known == null) {
      model = Optional.of(wanted);
      variant = thinking.or(() -> variant);
    } else {
      AcpSettings.Change change = known.model(wanted);
      Optional<AcpSettings.Change> more = thinking.map(known::variant);
      add(change);
      more.ifPresent(this::add);
    }
  }

  private void add(AcpSettings.Change change) {
    if (changes.size() >= LIMIT) {
      throw new AgentException(
          "agent_stuck", "%d changes wait already".formatted(LIMIT), "end the turn", null);
    }
    changes.add(change);
  }

  /** Whether a change is on its way. */
  boolean isBusy() {
    return busy;
  }

  /** The next one, which is on its way from now on. */
  Optional<AcpSettings.Change> next() {
    Optional<AcpSettings.Change> change = Optional.ofNullable(changes.poll());
    busy = change.isPresent();
    return change;
  }

  /**
   * The change that was on its way is made or refused.
   *
   * @return whether it was one of those that the conversation had to begin with
   */
  boolean done() {
    busy = false;
    return initial-- > 0;
  }
}
