package dev.dunes.gateway;

/** The wire protocols agents speak to models. */
public enum ModelProtocol {
  /** {@code /v1/messages}. */
  ANTHROPIC,
  /** {@code /v1/responses} and {@code /v1/chat/completions}. */
  OPENAI,
  /** {@code /v1beta/models/…}. */
  GEMINI
}
