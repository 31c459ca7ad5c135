package dev.dunes.gateway.cassette;

import java.util.List;

/**
 * One exchange with a model.
 *
 * @param request what was asked, normalised
 * @param status of HTTP
 * @param contentType of the answer, or empty
 * @param chunks of the answer's body
 * @param millis until the end of the answer
 */
public record Recording(
    Conversation request, int status, String contentType, List<Chunk> chunks, long millis) {
  public Recording {
    chunks = List.copyOf(chunks);
  }
}
