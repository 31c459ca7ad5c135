package dev.dunes.provider.local;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/**
 * Reads what {@code docker save} wrote before it wrote OCI layouts: {@code manifest.json} names the
 * configuration and the layers' files, the configuration has the digests of the layers, and its own
 * digest is its name.
 */
final class DockerArchive {
  static final String MANIFEST = "manifest.json";

  private static final String JSON_SUFFIX = ".json";

  private final ImageSource source;

  DockerArchive(ImageSource source) {
    this.source = source;
  }

  static boolean is(ImageSource source) throws IOException {
    return source.has(MANIFEST);
  }

  ImageManifest manifest() throws IOException {
    JsonNode images = OciLayout.parse(source.read(MANIFEST), MANIFEST);
    if (!images.isArray() || images.isEmpty()) {
      throw BadImage.because("its manifest.json lists no image");
    }
    if (images.size() > 1) {
      List<String> names = new ArrayList<>();
      images.forEach(image -> names.add(image.path("RepoTags").path(0).asString("untagged")));
      throw OciLayout.severalImages(names);
    }
    JsonNode image = images.get(0);
    String configName = image.path("Config").asString("");
    byte[] config = source.read(configName);
    Digest digest = Digest.of(config);
    String said = configName.substring(configName.lastIndexOf('/') + 1).replace(JSON_SUFFIX, "");
    if (Digest.isHex(said)) {
      new Digest(said).check(digest, configName);
    }
    JsonNode diffIds = OciLayout.parse(config, configName).path("rootfs").path("diff_ids");
    JsonNode files = image.path("Layers");
    if (files.size() != diffIds.size()) {
      throw BadImage.because(
          "it has %d layers and %d digests of layers".formatted(files.size(), diffIds.size()));
    }
    List<ImageManifest.Layer> layers = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      layers.add(
          new ImageManifest.Layer(
              files.get(i).asString(""),
              Digest.parse(diffIds.get(i).asString("")),
              true,
              OptionalLong.empty()));
    }
    return new ImageManifest(digest, config, layers);
  }
}
