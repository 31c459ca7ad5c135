package dev.dunes.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What one {@code COPY} takes from the machine, as an archive that is the same for the same files.
 *
 * @param file the archive; to be deleted
 * @param hash its SHA-256 in hexadecimal
 */
record TemplateArchive(Path file, String hash) implements AutoCloseable {
  private static final int LONGEST_WAIT_MINUTES = 10;

  /**
   * Packs files below a directory.
   *
   * @param source a file, a directory, or a pattern such as {@code src/*.py}; never outside
   */
  static TemplateArchive of(Path directory, String source) throws IOException {
    List<String> paths = paths(directory.toRealPath(), source);
    Path file = Files.createTempFile("dunes-template-", ".tar.gz");
    boolean done = false;
    try {
      List<String> command =
          new ArrayList<>(
              List.of(
                  "tar",
                  "--create",
                  "--use-compress-program=gzip -n",
                  "--file=" + file,
                  "--directory=" + directory,
                  "--sort=name",
                  "--mtime=@0",
                  "--owner=0",
                  "--group=0",
                  "--numeric-owner",
                  "--"));
      command.addAll(paths);
      Process tar = new ProcessBuilder(command).redirectErrorStream(true).start();
      tar.getOutputStream().close();
      String said = new String(tar.getInputStream().readNBytes(4096), StandardCharsets.UTF_8);
      if (!tar.waitFor(LONGEST_WAIT_MINUTES, TimeUnit.MINUTES) || tar.exitValue() != 0) {
        tar.destroyForcibly();
        throw new IOException("tar failed: " + said.strip());
      }
      TemplateArchive archive = new TemplateArchive(file, hash(file));
      done = true;
      return archive;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitCodes.INTERRUPTED, "Interrupted.", "");
    } finally {
      if (!done) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static List<String> paths(Path directory, String source) throws IOException {
    Path whole = directory.resolve(source).normalize();
    if (!whole.startsWith(directory)) {
      throw Failure.usage("COPY %s: outside of %s".formatted(source, directory), "");
    }
    if (!source.matches(".*[*?\\[{].*")) {
      if (!Files.exists(whole)) {
        throw Failure.usage("COPY %s: there is no such file".formatted(source), "");
      }
      String relative = directory.relativize(whole).toString();
      return List.of("./" + relative);
    }
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + source);
    try (Stream<Path> walk = Files.walk(directory)) {
      List<String> found =
          walk.map(directory::relativize)
              .filter(matcher::matches)
              .map(path -> "./" + path)
              .sorted()
              .toList();
      if (found.isEmpty()) {
        throw Failure.usage("COPY %s: no file is called so".formatted(source), "");
      }
      return found;
    }
  }

  private static String hash(Path file) throws IOException {
    try (InputStream in =
        new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(((DigestInputStream) in).getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      file.toFile().deleteOnExit();
    }
  }
}
