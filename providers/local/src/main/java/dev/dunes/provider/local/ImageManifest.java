package dev.dunes.provider.local;

import java.util.List;
import java.util.OptionalLong;

/**
 * What an image is made of.
 *
 * @param digest names the image: equal digests, equal images
 * @param config the image's JSON about how it wants to be run, checked
 * @param layers oldest first
 */
record ImageManifest(Digest digest, byte[] config, List<Layer> layers) {
  private static final int MOST_LAYERS = 512;

  ImageManifest {
    layers = List.copyOf(layers);
    if (layers.size() > MOST_LAYERS) {
      throw BadImage.because(
          "it has %d layers, more than %d".formatted(layers.size(), MOST_LAYERS));
    }
  }

  /**
   * One layer.
   *
   * @param name of its file
   * @param digest of what is in the file, or of what is in it uncompressed
   * @param uncompressed which of the two
   * @param size of the file, if it is said
   */
  record Layer(String name, Digest digest, boolean uncompressed, OptionalLong size) {}
}
