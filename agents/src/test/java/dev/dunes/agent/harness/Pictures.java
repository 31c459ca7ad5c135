package dev.dunes.agent.harness;

import java.util.Base64;

/** Small pictures. */
public final class Pictures {
  /** One pixel. */
  public static final byte[] PNG =
      Base64.getDecoder()
          .decode(
              "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

  private Pictures() {}
}
