package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds what a sandbox's image names: the host's view, a snapshot, a directory or an archive in OCI layout. */
final class Images {
  private static final String HOST = "host";
  private static final String SNAPSHOT = "snapshot:";

  private final LocalState state;
  private final Snapshots snapshots;

  Images(LocalState state, Snapshots snapshots) {
    this.state = state;
    this.snapshots = snapshots;
  }

  /** The snapshot an image names, if it names one. */
  static Optional<String> snapshotId(String image) {
    return image.startsWith(SNAPSHOT) ? Optional.of(image.substring(SNAPSHOT.length())) : Optional.empty();
  }

  Image resolve(Optional<String> image) {
    if (image.isEmpty() || image.get().equals(HOST)) {
      return Image.of(new RootView.Host());
    }
    String name = image.get();
    try {
      Optional<String> snapshot = snapshotId(name);
      if (snapshot.isPresent()) {
        return snapshots.image(snapshot.get());
      }
      Path path = Path.of(name);
      if (path.isAbsolute() && Files.isDirectory(path)) {
        return Image.of(new RootView.Directory(path.toRealPath()));
      }
      if (path.isAbsolute() && Files.isRegularFile(path)) {
        return Image.of(new RootView.Directory(ImageArchive.unpacked(path, state.images())));
      }
    } catch (IOException e) {
      throw LocalErrors.disk("read the image " + name, e);
    }
    throw new InvalidRequestException(
        "image",
        "image: provider 'local' has no '%s'".formatted(name),
        ErrorDetails.remedy(
            "use 'host', the absolute path of a root directory or of an OCI-layout tar, or snapshot:ID; registries need provider 'docker'"));
  }
}
