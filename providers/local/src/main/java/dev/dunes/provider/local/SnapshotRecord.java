package dev.dunes.provider.local;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;

/**
 * What is known of a snapshot.
 *
 * @param directory where its files are; its name is the id
 * @param uid the host's user id they belong to
 * @param rootfs the root directory the saved sandbox had, if not the host's
 * @param below the layers under this one, newest first
 */
record SnapshotRecord(Path directory, OptionalInt uid, Optional<Path> rootfs, List<Path> below) {
  private static final String FILE = "snapshot";
  private static final String DELETED = "deleted";
  private static final String SEPARATOR = "\n";

  SnapshotRecord {
    below = List.copyOf(below);
  }

  /** The finished snapshots, deleted ones that are still stood on included. */
  static List<SnapshotRecord> all(Path directory) throws IOException {
    List<SnapshotRecord> all = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (entry.getFileName().toString().startsWith(".")) {
          continue; // being removed
        }
        read(entry).ifPresent(all::add);
      }
    }
    return all;
  }

  static Optional<SnapshotRecord> read(Path directory) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(directory.resolve(FILE))) {
      properties.load(reader);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    int uid = Integer.parseInt(properties.getProperty("uid", "-1"));
    String layers = properties.getProperty("below", "");
    return Optional.of(
        new SnapshotRecord(
            directory,
            uid > 0 ? OptionalInt.of(uid) : OptionalInt.empty(),
            Optional.ofNullable(properties.getProperty("rootfs")).map(Path::of),
            layers.isEmpty()
                ? List.of()
                : List.of(layers.split(SEPARATOR)).stream().map(Path::of).toList()));
  }

  /** The last step of taking one: a directory without this file is not a snapshot. */
  void write() throws IOException {
    Properties properties = new Properties();
    properties.setProperty("uid", Integer.toString(uid.orElse(-1)));
    properties.setProperty(
        "below", String.join(SEPARATOR, below.stream().map(Path::toString).toList()));
    rootfs.ifPresent(path -> properties.setProperty("rootfs", path.toString()));
    Path part = directory.resolve("." + FILE);
    try (Writer writer = Files.newBufferedWriter(part)) {
      properties.store(writer, null);
    }
    Files.move(part, directory.resolve(FILE), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  boolean deleted() {
    return Files.exists(directory.resolve(DELETED));
  }

  void markDeleted() throws IOException {
    Path mark = directory.resolve(DELETED);
    if (!Files.exists(mark)) {
      Files.createFile(mark);
    }
  }

  /** This layer and those under it, newest first. */
  List<Path> layers() {
    List<Path> layers = new ArrayList<>();
    layers.add(directory);
    layers.addAll(below);
    return layers;
  }
}
