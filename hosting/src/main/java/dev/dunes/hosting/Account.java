package dev.dunes.hosting;

import static java.util.Objects.requireNonNull;

/**
 * Who owns sandboxes. Another account's are as good as not there.
 *
 * @param id of the account
 * @param limits on what it may have
 */
public record Account(String id, AccountLimits limits) {
  /** The id of the one who runs the server. */
  public static final String MAIN = "main";

  public Account {
    requireNonNull(id, "id");
    requireNonNull(limits, "limits");
  }

  /** Whether this is the one who runs the server. */
  public boolean main() {
    return id.equals(MAIN);
  }
}
