package dev.dunes.agent;

/**
 * How many tokens the models of a turn took, by the agent's own count.
 *
 * @param input tokens that were read, those from a cache included
 * @param cachedInput those that came from a cache
 * @param output tokens that were written, thoughts included
 */
public record TokenUsage(long input, long cachedInput, long output) {
  /** None, or not known. */
  public static final TokenUsage NONE = new TokenUsage(0, 0, 0);

  /** Both together. */
  public TokenUsage plus(TokenUsage other) {
    return new TokenUsage(
        input + other.input, cachedInput + other.cachedInput, output + other.output);
  }
}
