package dev.dunes.provider.local;

import java.nio.file.Path;

/**
 * An image that is ready to be started from.
 *
 * @param root its root file system, never written to
 * @param config how it wants to be run
 */
record UnpackedImage(Path root, ImageConfig config) {}
