package dev.dunes.gateway.metering;

import java.util.ArrayDeque;
import java.util.Deque;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.async.ByteArrayFeeder;
import tools.jackson.core.json.JsonFactory;

/**
 * Picks usage out of one JSON text that comes in pieces, and keeps none of it. Arrays on the way
 * count for nothing, so a list of answers reads like its last one.
 */
final class UsageJson {
  private static final int MAX_DEPTH = 200;
  private static final int MAX_TEXT = 64 * 1024 * 1024;
  private static final int MAX_MODEL = 200;
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(MAX_TEXT)
                  .build())
          .build();

  private final UsageFields fields;
  private final JsonParser parser;
  private final ByteArrayFeeder feeder;
  private final Deque<String> names = new ArrayDeque<>();
  private String name = "";
  private boolean broken;

  UsageJson(UsageFields fields) {
    this.fields = fields;
    this.parser = FACTORY.createNonBlockingByteArrayParser(ObjectReadContext.empty());
    this.feeder = (ByteArrayFeeder) parser.nonBlockingInputFeeder();
  }

  /** The next piece. What is no JSON ends the reading, and only that. */
  void accept(byte[] bytes, int offset, int end) {
    if (broken || offset == end) {
      return;
    }
    try {
      feeder.feedInput(bytes, offset, end);
      JsonToken token = parser.nextToken();
      while (token != null && token != JsonToken.NOT_AVAILABLE) {
        token(token);
        token = parser.nextToken();
      }
    } catch (JacksonException e) {
      broken = true; // the client gets the bytes as they are; there is nothing to count in them
    }
  }

  private void token(JsonToken token) {
    switch (token) {
      case START_OBJECT, START_ARRAY -> {
        names.addLast(name);
        name = "";
      }
      case END_OBJECT, END_ARRAY -> {
        name = "";
        names.pollLast();
      }
      case PROPERTY_NAME -> name = parser.currentName();
      case VALUE_NUMBER_INT -> {
        if (inUsage()) {
          fields.number(path(), parser.getLongValue());
        }
      }
      case VALUE_STRING -> {
        if (name.startsWith("model") && names.size() <= 3) {
          String value = parser.getString();
          fields.text(path(), value.substring(0, Math.min(value.length(), MAX_MODEL)));
        }
      }
      default -> {} // nothing that is counted
    }
  }

  private boolean inUsage() {
    return names.stream().anyMatch(each -> each.startsWith("usage"));
  }

  private String path() {
    StringBuilder path = new StringBuilder();
    names.stream().filter(each -> !each.isEmpty()).forEach(each -> path.append(each).append('.'));
    return path.append(name).toString();
  }
}
