package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.ModelAccess;
import dev.dunes.agent.ModelDialect;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A model, and the package by which OpenCode asks it; all three are part of the program.
 *
 * @param id as the gateway knows it
 * @param provider ours in the configuration: one a package
 * @param npm the package
 */
record OpenCodeModel(String id, Provider provider) {
  private static final List<ModelDialect> SPOKEN =
      List.of(ModelDialect.ANTHROPIC, ModelDialect.OPENAI);

  /** Models that speak Responses; others of that dialect are asked by Chat Completions. */
  private static final Pattern OPENAI =
      Pattern.compile("(?:.*/)?(?:gpt-|chatgpt-|codex-|o[0-9]).*");

  /** A provider in the configuration. */
  enum Provider {
    GW("gw", "@ai-sdk/anthropic"),
    GW_RESPONSES("gw-responses", "@ai-sdk/openai"),
    GW_CHAT("gw-chat", "@ai-sdk/openai-compatible");

    private final String id;
    private final String npm;

    Provider(String id, String npm) {
      this.id = id;
      this.npm = npm;
    }

    String id() {
      return id;
    }

    String npm() {
      return npm;
    }
  }

  /** The model that is named, or else the usual one of the preferred dialect. */
  static OpenCodeModel of(Optional<String> name, ModelAccess access) {
    List<ModelDialect> dialects =
        access.dialects().isEmpty()
            ? SPOKEN
            : access.dialects().stream().filter(SPOKEN::contains).toList();
    if (dialects.isEmpty()) {
      throw new AgentException(
          "model_not_supported",
          "OpenCode asks its model as Anthropic or OpenAI do, and there is neither",
          "configure ANTHROPIC_API_KEY or OPENAI_API_KEY, or use another agent",
          null);
    }
    return named(name.orElseGet(() -> usual(dialects, access)), dialects);
  }

  private static String usual(List<ModelDialect> dialects, ModelAccess access) {
    return dialects.contains(ModelDialect.ANTHROPIC)
        ? access.modelNames().getOrDefault("ANTHROPIC_DEFAULT_SONNET_MODEL", "claude-sonnet-4-5")
        : "gpt-5.1";
  }

  private static OpenCodeModel named(String id, List<ModelDialect> dialects) {
    boolean openAi = OPENAI.matcher(id).matches();
    ModelDialect dialect = dialects.getFirst();
    if (id.contains("claude") && dialects.contains(ModelDialect.ANTHROPIC)) {
      dialect = ModelDialect.ANTHROPIC;
    } else if (openAi && dialects.contains(ModelDialect.OPENAI)) {
      dialect = ModelDialect.OPENAI;
    }
    if (dialect == ModelDialect.ANTHROPIC) {
      return new OpenCodeModel(id, Provider.GW);
    }
    return new OpenCodeModel(id, openAi ? Provider.GW_RESPONSES : Provider.GW_CHAT);
  }

  /** As configurations name it. */
  String reference() {
    return provider.id() + "/" + id;
  }
}
