package dev.dunes.server.v1;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads bodies of JSON. Agent API, sheet 2.1 and 2.4. */
public final class JsonBody {
  /** How many bytes a body may have. */
  public static final long LARGEST = 2 << 20;

  private JsonBody() {}

  /**
   * The object a body must be.
   *
   * @throws HttpFailure 415 when it says that it is no JSON, 400 when it is none, 413 when it is
   *     too large, 422 when it is something else than an object
   */
  public static Fields object(Exchange exchange) throws InterruptedException {
    if (!saysJson(exchange)) {
      throw Problem.told(
              ProblemType.UNSUPPORTED_MEDIA_TYPE,
              "unsupported media type: ",
              "content-type must be application/json")
          .failure();
    }
    return fields(exchange.body(LARGEST));
  }

  /** The object a body may be; an empty one when there is none. Its type does not matter. */
  public static Fields optional(Exchange exchange) throws InterruptedException {
    byte[] body = exchange.body(LARGEST);
    return body.length == 0 ? new Fields(Json.object()) : fields(body);
  }

  private static Fields fields(byte[] body) {
    if (parse(body) instanceof ObjectNode object) {
      return new Fields(object);
    }
    throw Fields.wrong("the body must be a JSON object");
  }

  /**
   * Any JSON.
   *
   * @throws HttpFailure 400 when it is none
   */
  public static JsonNode parse(byte[] body) {
    try {
      JsonNode node = Json.MAPPER.readTree(body);
      if (node != null && !node.isMissingNode()) {
        return node;
      }
    } catch (JacksonException e) {
      throw Problem.invalid("invalid JSON body: " + reason(e)).failure();
    }
    throw Problem.invalid("invalid JSON body: it is empty").failure();
  }

  /** Says where, and nothing of what was there: that may be a secret. */
  private static String reason(JacksonException e) {
    return e.getLocation() == null
        ? "not understood"
        : "not understood at line %d column %d"
            .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
  }

  /** Whether a request says that its body is JSON. */
  public static boolean saysJson(Exchange exchange) {
    String type =
        exchange
            .header("content-type")
            .map(value -> value.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
            .orElse("");
    return type.equals("application/json")
        || type.startsWith("application/") && type.endsWith("+json");
  }
}
