package dev.dunes.sandbox;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What several providers answered.
 *
 * @param sandboxes what the ones that answered have, in the order of the providers
 * @param errors what went wrong with the others, by provider
 */
public record SandboxListing(List<SandboxInfo> sandboxes, Map<String, SandboxException> errors) {
  public SandboxListing {
    sandboxes = List.copyOf(sandboxes);
    errors = Collections.unmodifiableMap(new LinkedHashMap<>(errors));
  }
}
