package dev.dunes.session;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * The large parts of a run: kept in memory within a bound, on disk only when asked for.
 *
 * @param rawPrompt the whole prompt
 * @param files contents by path, as a request has them
 */
record RunBody(String rawPrompt, Map<String, JsonNode> files) {
  static RunBody of(RunRequest request) {
    Map<String, JsonNode> files = new LinkedHashMap<>();
    request.files().contents().forEach((path, bytes) -> files.put(path, content(bytes)));
    return new RunBody(request.prompt(), files);
  }

  long size() {
    return rawPrompt.length() + files.values().stream().mapToLong(RunBody::size).sum();
  }

  private static long size(JsonNode content) {
    return content.isString()
        ? content.asString().length()
        : content.path("base64").asString("").length();
  }

  private static JsonNode content(byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return Json.MAPPER.getNodeFactory().stringNode(text);
    } catch (CharacterCodingException e) {
      return Json.object().put("base64", Base64.getEncoder().encodeToString(bytes));
    }
  }
}
