package dev.dunes.sandbox;

import java.util.regex.Pattern;

/** The syntax of labels. */
final class Labels {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_./-]{0,62}");
  private static final int LONGEST_VALUE = 256;

  private Labels() {}

  static void check(String name, String value) {
    if (!NAME.matcher(name).matches()) {
      throw InvalidRequestException.field(
          "labels",
          name,
          "names of 1 to 63 letters, digits and _ . / -, starting with a letter or digit");
    }
    if (value.length() > LONGEST_VALUE || value.chars().anyMatch(Character::isISOControl)) {
      throw InvalidRequestException.field(
          "labels." + name, value, "a value of at most 256 characters without control characters");
    }
  }
}
