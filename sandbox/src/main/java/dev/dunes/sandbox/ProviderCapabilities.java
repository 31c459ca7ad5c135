package dev.dunes.sandbox;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a provider's sandboxes can do; each flag is true exactly when it is delivered.
 *
 * @param persistent a sandbox can outlive the program that made it
 * @param snapshot its files can be saved and new sandboxes started from them
 * @param streaming output arrives while the command runs
 * @param fileUpload files can be written into it
 * @param interactiveShell commands can run on a terminal
 * @param gpu it can have a GPU
 */
public record ProviderCapabilities(
    boolean persistent,
    boolean snapshot,
    boolean streaming,
    boolean fileUpload,
    boolean interactiveShell,
    boolean gpu) {
  /** Nothing. */
  public static final ProviderCapabilities NONE =
      new ProviderCapabilities(false, false, false, false, false, false);

  /** The flags under the names used on every wire, in declared order. */
  public Map<String, Boolean> asMap() {
    Map<String, Boolean> map = new LinkedHashMap<>();
    map.put("persistent", persistent);
    map.put("snapshot", snapshot);
    map.put("streaming", streaming);
    map.put("file_upload", fileUpload);
    map.put("interactive_shell", interactiveShell);
    map.put("gpu", gpu);
    return map;
  }
}
