package dev.dunes.session;

/** How {@link Session#transcript} is written. */
public enum TranscriptFormat {
  /** One JSON object with the session's information and its items, deltas put together. */
  JSON,
  /** For people. */
  MARKDOWN
}
