package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Whose run it is: the scope of its memories.
 *
 * @param teamId the team
 * @param userId the user
 * @param channelId the channel, if any
 */
public record RunScope(String teamId, String userId, Optional<String> channelId) {
  /** Where nothing was said. */
  public static final String LOCAL = "__local__";

  /** What a trigger's runs have for a team. */
  public static final String TRIGGER_TEAM = "__trigger__";

  /** One user on one machine. */
  public static final RunScope DEFAULT = new RunScope(LOCAL, LOCAL, Optional.empty());

  public RunScope {
    requireNonNull(teamId, "teamId");
    requireNonNull(userId, "userId");
    requireNonNull(channelId, "channelId");
  }
}
