package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a sandbox starts from.
 *
 * @param view what it sees as its root
 * @param uid the host's user id its files belong to, when it stands on files of another sandbox
 * @param copied saved layers, oldest first, that are copied because this host has no overlay for
 *     them
 * @param config how the image wants to be run
 */
record Image(RootView view, OptionalInt uid, List<Path> copied, ImageConfig config) {
  Image {
    copied = List.copyOf(copied);
  }

  static Image of(RootView view) {
    return new Image(view, OptionalInt.empty(), List.of(), ImageConfig.NONE);
  }

  Image withConfig(ImageConfig other) {
    return new Image(view, uid, copied, other);
  }

  /** Copies what has to be copied into the sandbox's own places. */
  void fill(SandboxPaths paths) throws IOException {
    for (Path layer : copied) {
      for (Place place : Place.saved(view)) {
        if (Files.isDirectory(place.in(layer))) {
          Files.createDirectories(paths.upper());
          TreeCopy.merge(place.in(layer), place.in(paths.upper()));
        }
      }
    }
  }

  /** Where commands start unless the sandbox was given a directory: the image's, if it is there. */
  String workingDir() {
    return config
        .workingDir()
        .filter(path ->
            view.base() instanceof RootView.Directory root
                && Files.isDirectory(root.rootfs().resolve(path.substring(1))))
        .orElse(SandboxView.WORKSPACE);
  }
}
