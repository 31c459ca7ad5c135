package dev.dunes.gateway.metering;

import dev.dunes.gateway.ModelProtocol;

/**
 * What an answer has said of its usage so far. Later numbers of a field replace earlier ones: the
 * vendors repeat them as they grow.
 */
final class UsageFields {
  private final ModelProtocol protocol;
  private String model = "";
  private long input;
  private long output;
  private long thoughts;
  private long toolInput;
  private long cacheRead;
  private long cacheWrite;
  private long cacheWriteHour;
  private boolean inputSeen;
  private boolean outputSeen;
  private boolean lastSeen;

  UsageFields(ModelProtocol protocol) {
    this.protocol = protocol;
  }

  /**
   * A number of the answer.
   *
   * @param path names from the outermost object on, with dots
   */
  void number(String path, long value) {
    String name = strip(path);
    lastSeen |= name.equals(path); // what an answer begins with is wrapped in a message
    long number = Math.max(0, value);
    switch (protocol) {
      case ANTHROPIC -> anthropic(name, number);
      case OPENAI -> openAi(name, number);
      case GEMINI -> gemini(name, number);
    }
  }

  /** A text of the answer. */
  void text(String path, String value) {
    String name = strip(path);
    if (name.equals(protocol == ModelProtocol.GEMINI ? "modelVersion" : "model")) {
      model = value;
    }
  }

  private static String strip(String path) {
    if (path.startsWith("message.")) {
      return path.substring("message.".length());
    }
    return path.startsWith("response.") ? path.substring("response.".length()) : path;
  }

  private void anthropic(String name, long number) {
    switch (name) {
      case "usage.input_tokens" -> {
        input = number;
        inputSeen = true;
      }
      case "usage.output_tokens" -> {
        output = number;
        outputSeen = true;
      }
      case "usage.cache_read_input_tokens" -> cacheRead = number;
      case "usage.cache_creation_input_tokens" -> cacheWrite = number;
      case "usage.cache_creation.ephemeral_1h_input_tokens" -> cacheWriteHour = number;
      default -> {} // the rest is not paid for by the token
    }
  }

  /** Responses and Chat Completions; input here includes what came from a cache. */
  private void openAi(String name, long number) {
    switch (name) {
      case "usage.input_tokens", "usage.prompt_tokens" -> {
        input = number;
        inputSeen = true;
      }
      case "usage.output_tokens", "usage.completion_tokens" -> {
        output = number;
        outputSeen = true;
      }
      case "usage.input_tokens_details.cached_tokens",
          "usage.prompt_tokens_details.cached_tokens" ->
          cacheRead = number;
      default -> {} // details of the output are within it
    }
  }

  /** Input here includes what came from a cache; thoughts are beside the output. */
  private void gemini(String name, long number) {
    switch (name) {
      case "usageMetadata.promptTokenCount" -> {
        input = number;
        inputSeen = true;
      }
      case "usageMetadata.candidatesTokenCount" -> {
        output = number;
        outputSeen = true;
      }
      case "usageMetadata.thoughtsTokenCount" -> thoughts = number;
      case "usageMetadata.toolUsePromptTokenCount" -> toolInput = number;
      case "usageMetadata.cachedContentTokenCount" -> cacheRead = number;
      default -> {} // totals repeat the above
    }
  }

  String model() {
    return model;
  }

  boolean inputSeen() {
    return inputSeen;
  }

  boolean outputSeen() {
    return outputSeen;
  }

  boolean lastSeen() {
    return lastSeen;
  }

  TokenCounts counts() {
    if (protocol == ModelProtocol.ANTHROPIC) {
      long hour = Math.min(cacheWriteHour, cacheWrite);
      return new TokenCounts(input, cacheRead, cacheWrite - hour, hour, output);
    }
    long fresh = Math.max(0, input - cacheRead) + toolInput;
    return new TokenCounts(fresh, cacheRead, 0, 0, output + thoughts);
  }
}
