package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Finds what a sandbox's image names: the host's view, a snapshot, a directory or an archive in OCI
 * layout.
 */
final class Images {
  private static final String HOST = "host";
  private static final String SNAPSHOT = "snapshot:";

  private final ImageStore unpacked;
  private final Snapshots snapshots;

  Images(ImageStore unpacked, Snapshots snapshots) {
    this.unpacked = unpacked;
    this.snapshots = snapshots;
  }

  /** The snapshot an image names, if it names one. */
  static Optional<String> snapshotId(String image) {
    return image.startsWith(SNAPSHOT)
        ? Optional.of(image.substring(SNAPSHOT.length()))
        : Optional.empty();
  }

  Image resolve(Optional<String> image) {
    if (image.isEmpty() || image.get().equals(HOST)) {
      return Image.of(new RootView.Host());
    }
    String name = image.get();
    try {
      Optional<String> snapshot = snapshotId(name);
      if (snapshot.isPresent()) {
        return configured(snapshots.image(snapshot.get()));
      }
      Optional<Path> root = root(name);
      if (root.isPresent()) {
        return configured(Image.of(new RootView.Directory(root.get())));
      }
    } catch (IOException e) {
      throw LocalErrors.disk("read the image " + name, e);
    }
    throw new InvalidRequestException(
        "image",
        "image: provider 'local' has no '%s'".formatted(name),
        ErrorDetails.remedy(
            "use 'host', snapshot:ID, or the absolute path of a root directory, an OCI layout or an archive; registries need provider 'docker'"));
  }

  private Optional<Path> root(String name) throws IOException {
    if (!name.startsWith("/") || name.indexOf('\0') >= 0) {
      return Optional.empty();
    }
    Path path = Path.of(name);
    if (Files.isDirectory(path)) {
      return Optional.of(
          LayoutDirectory.is(path) ? unpacked.layout(path).root() : path.toRealPath());
    }
    return Files.isRegularFile(path)
        ? Optional.of(unpacked.archive(path).root())
        : Optional.empty();
  }

  private Image configured(Image image) throws IOException {
    if (!(image.view().base() instanceof RootView.Directory root)) {
      return image;
    }
    if (!Files.isDirectory(root.rootfs())) {
      throw BadImage.because("the root directory %s it needs is gone".formatted(root.rootfs()));
    }
    return image.withConfig(unpacked.configOf(root.rootfs()));
  }
}
