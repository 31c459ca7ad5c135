package dev.dunes.hosting;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Something that happened to a sandbox. Sandbox API 2.6.
 *
 * @param id of the event
 * @param type what happened
 * @param account whose sandbox it is
 * @param sandboxId which sandbox
 * @param template of the sandbox
 * @param timestamp when
 * @param data more about it, as JSON values
 */
public record HostingEvent(
    String id,
    Type type,
    String account,
    String sandboxId,
    String template,
    Instant timestamp,
    Map<String, Object> data) {
  /** What can happen. */
  public enum Type {
    CREATED,
    UPDATED,
    PAUSED,
    RESUMED,
    KILLED,
    /** It ends, or is paused, in a minute. */
    EXPIRING;

    /** The name on the wire. */
    public String wireName() {
      return "sandbox.lifecycle." + name().toLowerCase(Locale.ROOT);
    }
  }

  public HostingEvent {
    data = Map.copyOf(data);
  }

  /** As clients see it: some fields have two spellings, for clients of two kinds. */
  public Map<String, Object> wire() {
    Map<String, Object> wire = new LinkedHashMap<>();
    wire.put("id", id);
    wire.put("type", type.wireName());
    wire.put("sandboxId", sandboxId);
    wire.put("sandboxTemplateId", template);
    wire.put("timestamp", Timestamps.text(timestamp));
    wire.put("eventData", data);
    wire.put("sandbox_id", sandboxId);
    wire.put("sandbox_template_id", template);
    wire.put("event_data", data);
    return wire;
  }
}
