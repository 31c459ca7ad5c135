package dev.dunes.gateway;

import io.vertx.core.buffer.Buffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The model a request asks for, from its first bytes: bodies are passed on without being read
 * whole. Good enough for a price when the provider never says what it took.
 */
final class ModelName {
  private static final int LOOKED_AT = 1024;
  private static final Pattern MODEL = Pattern.compile("\"model\"\\s*:\\s*\"([^\"\\\\]{1,200})\"");

  private ModelName() {}

  /** Empty when it is not there. */
  static String in(Buffer bytes) {
    Matcher match =
        MODEL.matcher(bytes.getString(0, Math.min(bytes.length(), LOOKED_AT), "ISO-8859-1"));
    return match.find() ? match.group(1) : "";
  }
}
