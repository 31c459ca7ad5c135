package dev.dunes.scripted;

import java.util.List;

/**
 * A reply of the model.
 *
 * @param scenario whose reply it is, or empty
 * @param step which reply of it
 * @param model by the name the client used
 * @param blocks empty when the request is refused
 * @param refusal the HTTP status of a refusal, or 0
 */
record Reply(String scenario, int step, String model, Ids ids, List<Block> blocks, int refusal) {
  boolean callsTools() {
    return blocks.stream()
        .anyMatch(block -> block instanceof Block.Call || block instanceof Block.FreeformCall);
  }
}
