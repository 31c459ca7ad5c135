package dev.dunes.hosting;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a template, {@code [namespace/]name[:tag]}. E2B wire 2.2.
 *
 * @param name without namespace, in lower case
 * @param tag if there is one
 */
record TemplateName(String name, Optional<String> tag) {
  private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{1,128}");
  private static final Pattern TAG = Pattern.compile("[a-z0-9_.-]{1,128}");
  private static final Pattern UUID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  /** A name for something new. */
  static TemplateName parse(String given) {
    TemplateName parsed = new TemplateName(plain(given), tagOf(given).map(TemplateName::tag));
    if (!NAME.matcher(parsed.name()).matches() || UUID.matcher(parsed.name()).matches()) {
      throw HostingException.invalid(
          "a template's name has up to 128 letters, digits, - and _, and may have a tag: name:tag");
    }
    return parsed;
  }

  /** A name without namespace and tag. */
  static String plain(String given) {
    String last = given.substring(given.lastIndexOf('/') + 1).strip().toLowerCase(Locale.ROOT);
    int colon = last.indexOf(':');
    return colon < 0 ? last : last.substring(0, colon);
  }

  /** The tag of a name. */
  static Optional<String> tagOf(String given) {
    int colon = given.indexOf(':', given.lastIndexOf('/') + 1);
    return colon < 0
        ? Optional.empty()
        : Optional.of(given.substring(colon + 1).strip().toLowerCase(Locale.ROOT));
  }

  /** A tag, checked. */
  static String tag(String given) {
    String tag = given.strip().toLowerCase(Locale.ROOT);
    if (!TAG.matcher(tag).matches()) {
      throw HostingException.invalid(
          "'%s' is no tag: use letters, digits, -, _ and .".formatted(given));
    }
    return tag;
  }
}
