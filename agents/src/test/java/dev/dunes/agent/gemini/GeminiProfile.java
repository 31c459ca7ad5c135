package dev.dunes.agent.gemini;

import dev.dunes.agent.acp.AcpProfile;

/** Shows the row of Gemini CLI to tests. */
public final class GeminiProfile {
  private GeminiProfile() {}

  public static AcpProfile get() {
    return GeminiAgent.PROFILE;
  }
}
