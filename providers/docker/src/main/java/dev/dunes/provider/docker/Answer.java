package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.UTF_8;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** What a daemon said to a request. */
record Answer(int status, byte[] body) {
  private static final int LONGEST_MESSAGE = 1000;

  boolean ok() {
    return status >= 200 && status < 400;
  }

  boolean notFound() {
    return status == 404;
  }

  boolean conflict() {
    return status == 409;
  }

  /** The body; nothing when it is no JSON. */
  JsonNode json() {
    try {
      return body.length == 0 ? MissingNode.getInstance() : JsonMapper.shared().readTree(body);
    } catch (JacksonException e) {
      return MissingNode.getInstance();
    }
  }

  /** What went wrong, in the daemon's words. */
  String message() {
    String told = json().path("message").asString("");
    String text = (told.isEmpty() ? new String(body, UTF_8) : told).strip();
    String line = text.replaceAll("\\p{Cntrl}+", " ");
    return line.length() <= LONGEST_MESSAGE ? line : line.substring(0, LONGEST_MESSAGE) + "…";
  }
}
