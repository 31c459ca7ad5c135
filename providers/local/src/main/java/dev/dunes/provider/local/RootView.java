package dev.dunes.provider.local;

import java.nio.file.Path;
import java.util.List;

/** What a sandbox sees as its root file system. */
sealed interface RootView {
  /** The host's programs, read-only, and an {@code /etc} of its own. */
  record Host() implements RootView {}

  /**
   * A directory with a file system of its own.
   *
   * @param rootfs never written to
   */
  record Directory(Path rootfs) implements RootView {}

  /**
   * Saved layers of writable places over one of the others.
   *
   * @param below what the saved sandbox itself started from
   * @param layers directories with {@code home}, {@code workspace} and perhaps {@code root}, newest
   *     first
   */
  record Layered(RootView below, List<Path> layers) implements RootView {
    public Layered {
      layers = List.copyOf(layers);
    }
  }

  /** The view without the layers. */
  default RootView base() {
    return switch (this) {
      case Host host -> host;
      case Directory directory -> directory;
      case Layered layered -> layered.below().base();
    };
  }

  /** All layers, newest first. */
  default List<Path> allLayers() {
    return switch (this) {
      case Host host -> List.of();
      case Directory directory -> List.of();
      case Layered layered -> layered.layers();
    };
  }
}
