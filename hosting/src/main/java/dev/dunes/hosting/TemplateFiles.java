package dev.dunes.hosting;

import dev.dunes.sandbox.spi.BoundedInput;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * The archives that builds copy from, kept by their hash, for each account its own. What is in them
 * is looked at in the sandbox only.
 */
final class TemplateFiles {
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
  private static final int MOST_OPEN = 1000;
  private static final int GZIP_FIRST = 0x1f;
  private static final int GZIP_SECOND = 0x8b;

  private final Path parent;
  private final Path directory;

  /** Uploads that may come, by what only their client knows. */
  private final Map<String, Upload> open = new ConcurrentHashMap<>();

  /**
   * An upload that may come.
   *
   * @param account whose it is
   * @param hash by which it will be known
   * @param most bytes it may have
   */
  record Upload(String account, String hash, long most) {}

  /**
   * @param hosting its directory
   */
  TemplateFiles(Path hosting) {
    this.parent = hosting.resolve(TemplateStore.DIRECTORY);
    this.directory = parent.resolve("files");
  }

  private Path file(String account, String hash) {
    if (!HASH.matcher(hash).matches()) {
      throw HostingException.invalid("a files hash is a SHA-256 in lower-case hexadecimal");
    }
    return directory.resolve(account).resolve(hash);
  }

  boolean present(String account, String hash) {
    return Files.isRegularFile(file(account, hash));
  }

  /** A name under which an archive can be uploaded once. */
  String invite(String account, String hash, long most) {
    file(account, hash); // checks
    if (open.size() >= MOST_OPEN) {
      open.clear(); // clients that still want to upload ask again
    }
    String token = Tokens.hex(20);
    open.put(token, new Upload(account, hash, most));
    return token;
  }

  Optional<Upload> invited(String token) {
    return Optional.ofNullable(open.get(token));
  }

  /** Keeps an archive, as a whole or not at all. */
  void keep(String token, InputStream archive) throws IOException {
    Upload upload =
        invited(token)
            .orElseThrow(() ->
                new HostingException(
                    HostingException.Reason.NOT_FOUND,
                    "this upload was done already, or never asked for; ask for a link again"));
    Path file = file(upload.account(), upload.hash());
    HostingJson.makeDirectory(parent);
    HostingJson.makeDirectory(directory);
    HostingJson.makeDirectory(directory.resolve(upload.account()));
    Path part = file.resolveSibling("." + token + ".part");
    try {
      try (OutputStream out = Files.newOutputStream(part)) {
        archive.transferTo(out);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      open.remove(token);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /**
   * An archive as a tar.
   *
   * @param most bytes it may have unpacked; reading more fails
   */
  InputStream tar(String account, String hash, long most) throws IOException {
    InputStream raw = new BufferedInputStream(Files.newInputStream(file(account, hash)));
    raw.mark(2);
    boolean zipped = raw.read() == GZIP_FIRST && raw.read() == GZIP_SECOND;
    raw.reset();
    return new BoundedInput(
        zipped ? new GZIPInputStream(raw, 1 << 16) : raw,
        most,
        () -> {
          throw new IOException(
              "the archive has more than %d MiB unpacked; copy less, or ask for more disk"
                  .formatted(most >> 20));
        });
  }
}
