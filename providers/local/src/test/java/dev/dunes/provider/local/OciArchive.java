package dev.dunes.provider.local;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Writes images as OCI layouts and as {@code docker save} does. */
final class OciArchive {
  /** Files by name, in the order they will have. */
  final Map<String, byte[]> files = new LinkedHashMap<>();

  private final List<byte[]> layers = new ArrayList<>();
  private final String config;

  OciArchive(String config) {
    this.config = config;
  }

  OciArchive layer(byte[] tar) {
    layers.add(tar);
    return this;
  }

  static byte[] tar(Map<String, byte[]> files) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = open(bytes)) {
      for (Map.Entry<String, byte[]> each : files.entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry(each.getKey());
        entry.setSize(each.getValue().length);
        tar.putArchiveEntry(entry);
        tar.write(each.getValue());
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  private static TarArchiveOutputStream open(OutputStream out) {
    TarArchiveOutputStream tar = new TarArchiveOutputStream(out, "UTF-8");
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    return tar;
  }

  /** A directory as a layer. */
  static byte[] tree(Path root) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = open(bytes);
        Stream<Path> all = Files.walk(root)) {
      for (Path each : (Iterable<Path>) all.sorted()::iterator) {
        if (each.equals(root)) {
          continue;
        }
        String name = root.relativize(each).toString();
        if (Files.isSymbolicLink(each)) {
          TarArchiveEntry link = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
          link.setLinkName(Files.readSymbolicLink(each).toString());
          tar.putArchiveEntry(link);
        } else {
          TarArchiveEntry entry = new TarArchiveEntry(each.toFile(), name);
          entry.setMode(Files.isExecutable(each) ? 0755 : 0644);
          entry.setIds(0, 0);
          tar.putArchiveEntry(entry);
          if (Files.isRegularFile(each)) {
            Files.copy(each, tar);
          }
        }
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  private String blob(String type, byte[] bytes, String more) {
    Digest digest = Digest.of(bytes);
    files.put(digest.blob(), bytes);
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d%s}"
        .formatted(type, digest, bytes.length, more);
  }

  /**
   * Fills {@link #files} in OCI layout, with the manifest for this machine inside an index for
   * several.
   */
  OciArchive oci(String architecture) {
    List<String> parts = new ArrayList<>();
    for (byte[] layer : layers) {
      parts.add(blob("application/vnd.oci.image.layer.v1.tar", layer, ""));
    }
    String configured =
        blob(
            "application/vnd.oci.image.config.v1+json",
            config.getBytes(StandardCharsets.UTF_8),
            "");
    String manifest =
        "{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s]}"
            .formatted(configured, String.join(",", parts));
    String type = "application/vnd.oci.image.manifest.v1+json";
    String ours = blob(type, manifest.getBytes(StandardCharsets.UTF_8), platform(architecture));
    String others =
        "{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":2%s}"
            .formatted(type, "0".repeat(64), platform("s390x"));
    String inner = "{\"schemaVersion\":2,\"manifests\":[%s,%s]}".formatted(others, ours);
    String index =
        blob("application/vnd.oci.image.index.v1+json", inner.getBytes(StandardCharsets.UTF_8), "");
    files.put("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8));
    files.put(
        "index.json",
        "{\"schemaVersion\":2,\"manifests\":[%s]}"
            .formatted(index)
            .getBytes(StandardCharsets.UTF_8));
    return this;
  }

  private static String platform(String architecture) {
    return ",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}".formatted(architecture);
  }

  /** Fills {@link #files} as Docker did before version 25. */
  OciArchive docker() {
    List<String> names = new ArrayList<>();
    List<String> digests = new ArrayList<>();
    for (byte[] layer : layers) {
      String name = Digest.of(layer).hex() + "/layer.tar";
      files.put(name, layer);
      names.add("\"" + name + "\"");
      digests.add("\"" + Digest.of(layer) + "\"");
    }
    String whole =
        config.replaceFirst(
            "\\{", "{\"rootfs\":{\"diff_ids\":[" + String.join(",", digests) + "]},");
    byte[] json = whole.getBytes(StandardCharsets.UTF_8);
    String name = Digest.of(json).hex() + ".json";
    files.put(name, json);
    String manifest =
        "[{\"Config\":\"%s\",\"RepoTags\":[\"a:b\"],\"Layers\":[%s]}]"
            .formatted(name, String.join(",", names));
    files.put("manifest.json", manifest.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  Path write(Path file) throws IOException {
    Files.write(file, tar(files));
    return file;
  }

  Path writeTo(Path directory) throws IOException {
    for (Map.Entry<String, byte[]> each : new TreeMap<>(files).entrySet()) {
      Path file = directory.resolve(each.getKey());
      Files.createDirectories(file.getParent());
      Files.write(file, each.getValue());
    }
    return directory;
  }
}
