package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import dev.dunes.server.v1.Fields;
import dev.dunes.server.v1.Problem;
import tools.jackson.databind.node.ObjectNode;

/**
 * What processes may use. ACP, sheet 2.9.
 *
 * @param maxConcurrentProcesses that run at a time
 * @param defaultRunTimeoutMs of a command whose result is waited for
 * @param maxRunTimeoutMs that such a command may ask for
 * @param maxOutputBytes of each stream of such a command
 * @param maxLogBytesPerProcess that are kept of what one writes
 * @param maxInputBytesPerRequest that can be given at a time
 */
record ProcessLimits(
    int maxConcurrentProcesses,
    long defaultRunTimeoutMs,
    long maxRunTimeoutMs,
    int maxOutputBytes,
    int maxLogBytesPerProcess,
    int maxInputBytesPerRequest) {
  static final ProcessLimits DEFAULT =
      new ProcessLimits(64, 30_000, 300_000, 1 << 20, 10 << 20, 64 << 10);

  static ProcessLimits read(Fields body) {
    long defaultTimeout = body.requiredCount("defaultRunTimeoutMs");
    long maxTimeout = body.requiredCount("maxRunTimeoutMs");
    int concurrent = number(body, "maxConcurrentProcesses");
    int output = number(body, "maxOutputBytes");
    int log = number(body, "maxLogBytesPerProcess");
    int input = number(body, "maxInputBytesPerRequest");
    positive("maxConcurrentProcesses", concurrent);
    if (defaultTimeout == 0 || maxTimeout == 0) {
      throw Problem.invalid("timeouts must be greater than 0").failure();
    }
    positive("maxOutputBytes", output);
    positive("maxLogBytesPerProcess", log);
    positive("maxInputBytesPerRequest", input);
    return new ProcessLimits(
        concurrent, Math.min(defaultTimeout, maxTimeout), maxTimeout, output, log, input);
  }

  private static int number(Fields body, String name) {
    return (int) Math.min(body.requiredCount(name), 1 << 30);
  }

  private static void positive(String name, int value) {
    if (value == 0) {
      throw Problem.invalid(name + " must be greater than 0").failure();
    }
  }

  ObjectNode json() {
    return (ObjectNode) Json.MAPPER.<tools.jackson.databind.JsonNode>valueToTree(this);
  }
}
