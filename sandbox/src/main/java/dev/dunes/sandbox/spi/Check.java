package dev.dunes.sandbox.spi;

import static java.util.Objects.requireNonNull;

import java.util.Locale;
import java.util.Optional;

/**
 * One thing a provider looked at to say whether it can do its work here.
 *
 * @param name what was looked at, such as {@code user namespaces}
 * @param status what came of it
 * @param detail what was found, one line
 * @param remedy what to do about it, one line
 */
public record Check(String name, Status status, String detail, Optional<String> remedy) {
  /** What came of a check. */
  public enum Status {
    /** As it should be. */
    OK,
    /** The provider works, but not as well as it could. */
    WARN,
    /** The provider does not work because of this. */
    FAIL;

    /** The lower-case name used in JSON. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Check {
    requireNonNull(name, "name");
    requireNonNull(status, "status");
    requireNonNull(detail, "detail");
    requireNonNull(remedy, "remedy");
  }

  public static Check ok(String name, String detail) {
    return new Check(name, Status.OK, detail, Optional.empty());
  }

  public static Check warn(String name, String detail, String remedy) {
    return new Check(name, Status.WARN, detail, Optional.of(remedy));
  }

  public static Check fail(String name, String detail, String remedy) {
    return new Check(name, Status.FAIL, detail, Optional.of(remedy));
  }
}
