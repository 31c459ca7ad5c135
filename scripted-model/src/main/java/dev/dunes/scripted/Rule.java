package dev.dunes.scripted;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A script for texts without a marker.
 *
 * @param when found anywhere in the user's last text
 * @param then the replies, given what was matched
 */
public record Rule(String name, Pattern when, Function<MatchResult, List<Answer>> then) {
  public Rule {
    requireNonNull(name, "name");
    requireNonNull(when, "when");
    requireNonNull(then, "then");
  }
}
