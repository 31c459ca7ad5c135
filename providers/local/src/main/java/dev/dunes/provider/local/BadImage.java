package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;

/** How an image is refused: what about it, and that nothing came of it. */
final class BadImage {
  private BadImage() {}

  static InvalidRequestException because(String why) {
    return because(
        why,
        "make the image again, for example with `docker save` or `skopeo copy docker://NAME oci:DIRECTORY`");
  }

  static InvalidRequestException because(String why, String remedy) {
    return new InvalidRequestException("image", "image: " + why, ErrorDetails.remedy(remedy));
  }
}
