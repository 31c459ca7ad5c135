package dev.dunes.agent;

/** The wire protocol in which an agent asks its model; the gateway must have an upstream for it. */
public enum ModelDialect {
  /** {@code /v1/messages}. */
  ANTHROPIC,
  /** {@code /v1/responses} or {@code /v1/chat/completions}. */
  OPENAI,
  /** {@code /v1beta/models/…}. */
  GEMINI
}
