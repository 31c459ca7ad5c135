package dev.dunes.provider.local;

import dev.dunes.guest.GuestBinary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds this machine's image in an OCI layout (github.com/opencontainers/image-spec,
 * image-layout.md), every blob checked by size and digest.
 */
final class OciLayout {
  static final String MARK = "oci-layout";
  static final String INDEX = "index.json";

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int DEEPEST_INDEX = 4;

  /** The kernel's names to those of the OCI (Go's). */
  private static final Map<String, String> ARCHITECTURES =
      Map.of("x86_64", "amd64", "aarch64", "arm64");

  private final ImageSource source;

  OciLayout(ImageSource source) {
    this.source = source;
  }

  static boolean is(ImageSource source) throws IOException {
    return source.has(MARK) && source.has(INDEX);
  }

  ImageManifest manifest() throws IOException {
    JsonNode index = parse(source.read(INDEX), INDEX);
    JsonNode descriptor = choose(index, 0);
    Digest digest = Digest.parse(descriptor.path("digest").asString(""));
    JsonNode manifest = parse(blob(descriptor), "the manifest");
    byte[] config = blob(manifest.path("config"));
    List<ImageManifest.Layer> layers = new ArrayList<>();
    for (JsonNode layer : manifest.path("layers")) {
      layers.add(layer(layer));
    }
    return new ImageManifest(digest, config, layers);
  }

  private static ImageManifest.Layer layer(JsonNode descriptor) {
    String type = descriptor.path("mediaType").asString("");
    if (!type.contains(".layer.") && !type.contains(".rootfs.")) {
      throw BadImage.because("it is no image of a root file system: it holds '%s'".formatted(type));
    }
    Digest digest = Digest.parse(descriptor.path("digest").asString(""));
    return new ImageManifest.Layer(
        digest.blob(), digest, false, OptionalLong.of(descriptor.path("size").asLong(-1)));
  }

  /** The one manifest that is for this machine; indexes may hold indexes. */
  private JsonNode choose(JsonNode index, int depth) throws IOException {
    List<JsonNode> exact = new ArrayList<>();
    List<JsonNode> any = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (JsonNode each : index.path("manifests")) {
      JsonNode platform = each.path("platform");
      String name =
          platform.path("os").asString("") + "/" + platform.path("architecture").asString("");
      if (name.equals(wanted())) {
        exact.add(each);
      } else if (platform.isMissingNode() || platform.isNull()) {
        any.add(each);
      } else {
        others.add(name);
      }
    }
    List<JsonNode> found = exact.isEmpty() ? any : exact;
    if (found.isEmpty()) {
      throw BadImage.because(
          "it has nothing for %s%s"
              .formatted(
                  wanted(), others.isEmpty() ? "" : ", only for " + String.join(", ", others)),
          "get the image for this machine's architecture");
    }
    if (found.size() > 1) {
      throw severalImages(found.stream().map(OciLayout::name).toList());
    }
    JsonNode chosen = found.getFirst();
    if (!chosen.path("mediaType").asString("").contains("index")
        && !chosen.path("mediaType").asString("").contains("manifest.list")) {
      return chosen;
    }
    if (depth == DEEPEST_INDEX) {
      throw BadImage.because("its indexes hold indexes without end");
    }
    return choose(parse(blob(chosen), "an index"), depth + 1);
  }

  static dev.dunes.sandbox.InvalidRequestException severalImages(List<String> names) {
    return BadImage.because(
        "there are several images in it: " + String.join(", ", names),
        "save one image to an archive of its own");
  }

  private static String name(JsonNode descriptor) {
    String name =
        descriptor.path("annotations").path("org.opencontainers.image.ref.name").asString("");
    return name.isEmpty() ? descriptor.path("digest").asString("") : name;
  }

  private static String wanted() {
    return "linux/"
        + ARCHITECTURES.getOrDefault(GuestBinary.architecture(), GuestBinary.architecture());
  }

  private byte[] blob(JsonNode descriptor) throws IOException {
    Digest digest = Digest.parse(descriptor.path("digest").asString(""));
    byte[] bytes = source.read(digest.blob());
    if (bytes.length != descriptor.path("size").asLong(-1)) {
      throw BadImage.because("%s has not the size it should have".formatted(digest));
    }
    digest.check(Digest.of(bytes), digest.blob());
    return bytes;
  }

  static JsonNode parse(byte[] json, String what) {
    try {
      return JSON.readTree(json);
    } catch (JacksonException e) {
      throw BadImage.because(
          "%s in it is not proper JSON: %s".formatted(what, e.getOriginalMessage()));
    }
  }
}
