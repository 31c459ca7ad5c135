package dev.dunes.hosting;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Names of images that mean templates: builds that ask for such an image begin with the template. A
 * name without a tag means every tag; a {@code *} at the end means whatever follows.
 */
public final class BaseImages {
  private static final String REGISTRY = "docker.io/";
  private static final String LIBRARY = "library/";

  /** Images that clients name when they want what they always get. E2B wire 2.4. */
  private static final Map<String, String> USUAL =
      Map.of("e2bdev/base", "base", "e2bdev/code-interpreter", "code-interpreter-v1");

  /** Those that clients of E2B name when they name none. */
  public static final BaseImages DEFAULT = new BaseImages(Map.of());

  private final Map<String, String> templates = new LinkedHashMap<>();

  private BaseImages(Map<String, String> more) {
    templates.putAll(more);
    USUAL.forEach(templates::putIfAbsent);
  }

  /**
   * Reads {@code IMAGE=TEMPLATE} with commas between; the first that fits holds.
   *
   * @throws IllegalArgumentException for what is none, naming it
   */
  public static BaseImages parse(String text) {
    Map<String, String> read = new LinkedHashMap<>();
    for (String each : text.split(",")) {
      int equals = each.indexOf('=');
      String image = equals < 0 ? "" : plain(each.substring(0, equals).strip());
      String template = equals < 0 ? "" : each.substring(equals + 1).strip();
      if (image.isEmpty() || template.isEmpty()) {
        throw new IllegalArgumentException(
            "'%s' is not IMAGE=TEMPLATE, such as ubuntu:22.04=base".formatted(each.strip()));
      }
      read.put(image, template);
    }
    return new BaseImages(read);
  }

  /** The template an image means. */
  Optional<String> template(String image) {
    String plain = plain(image);
    return templates.entrySet().stream()
        .filter(entry -> means(entry.getKey(), plain))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static boolean means(String pattern, String image) {
    if (pattern.endsWith("*")) {
      return image.startsWith(pattern.substring(0, pattern.length() - 1));
    }
    return image.equals(pattern) || untagged(image).equals(pattern);
  }

  private static String plain(String image) {
    String name = image.startsWith(REGISTRY) ? image.substring(REGISTRY.length()) : image;
    return name.startsWith(LIBRARY) ? name.substring(LIBRARY.length()) : name;
  }

  private static String untagged(String image) {
    int tag = image.lastIndexOf(':');
    return tag > image.lastIndexOf('/') ? image.substring(0, tag) : image;
  }
}
