package dev.dunes.provider.cloud;

import static dev.dunes.provider.cloud.ShellWrite.bit;

import dev.dunes.guest.LocalSource;
import dev.dunes.guest.LocalTarget;
import dev.dunes.guest.SizeLimit;
import dev.dunes.guest.TreeDownload;
import dev.dunes.guest.TreeUpload;
import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.FileWatch;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The files of a sandbox by way of its shell; contents by the vendor's own way where it has one.
 */
final class ShellFiles implements SandboxFiles {
  private static final Duration TREE_LIMIT = Duration.ofMinutes(10);
  private static final String ALL = "-1";

  private static final int COPY_BUFFER = 256 << 10;
  private static final int MODE_BITS = 07777;

  private final CloudSandbox sandbox;

  ShellFiles(CloudSandbox sandbox) {
    this.sandbox = sandbox;
  }

  // ---- contents ----

  @Override
  public InputStream read(String path) {
    String checked = check(path);
    if (sandbox.fetches()) {
      String absolute = run(path, FileScripts.LOCATE, checked).text();
      Optional<InputStream> fetched = sandbox.fetch(absolute);
      if (fetched.isPresent()) {
        return fetched.get();
      }
    }
    return ShellRead.open(sandbox, path, FileScripts.READ, checked, "0", ALL);
  }

  @Override
  public InputStream read(String path, long offset, long length) {
    if (offset < 0 || length < 0) {
      throw InvalidRequestException.field("offset", offset, "an offset and a length of 0 or more");
    }
    return ShellRead.open(
        sandbox, path, FileScripts.READ, check(path), Long.toString(offset), Long.toString(length));
  }

  @Override
  public byte[] readBytes(String path) {
    try (InputStream in = ShellRead.open(sandbox, path, FileScripts.READ, check(path), "0", ALL)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw FileProblems.from(sandbox, path, e);
    }
  }

  @Override
  public String readText(String path) {
    return new String(readBytes(path), StandardCharsets.UTF_8);
  }

  @Override
  public OutputStream write(String path, WriteOptions options) {
    return ShellWrite.open(sandbox, path, check(path), options);
  }

  @Override
  public void write(String path, byte[] contents) {
    writeAll(path, contents, WriteOptions.DEFAULT);
  }

  @Override
  public void write(String path, String contents) {
    writeAll(path, contents.getBytes(StandardCharsets.UTF_8), WriteOptions.DEFAULT);
  }

  @Override
  public void append(String path, byte[] contents) {
    writeAll(path, contents, WriteOptions.APPEND);
  }

  private void writeAll(String path, byte[] contents, WriteOptions options) {
    if (contents.length > sandbox.mostInline()) {
      try (OutputStream out = write(path, options)) {
        out.write(contents);
      } catch (IOException e) {
        throw FileProblems.from(sandbox, path, e);
      }
      return;
    }
    run(
        path,
        FileScripts.PUT,
        check(path),
        bit(options.createParents()),
        bit(options.exclusive()),
        UUID.randomUUID().toString(),
        bit(options.append()),
        bit(options.atomic()),
        ShellWrite.mode(options),
        Base64.getEncoder().encodeToString(contents));
  }

  // ---- names ----

  @Override
  public List<FileEntry> list(String path) {
    return list(path, 1);
  }

  @Override
  public List<FileEntry> list(String path, int depth) {
    if (depth < 1) {
      throw InvalidRequestException.field("depth", depth, "a number of at least 1");
    }
    ScriptResult result =
        sandbox.script(TREE_LIMIT, FileScripts.LIST, check(path), Integer.toString(depth));
    return FileEntries.read(require(path, result).output());
  }

  @Override
  public FileEntry stat(String path) {
    return stat(path, true);
  }

  @Override
  public FileEntry statLink(String path) {
    return stat(path, false);
  }

  private FileEntry stat(String path, boolean follow) {
    ScriptResult result = run(path, FileScripts.STAT, check(path), bit(follow));
    FileEntry entry =
        FileEntries.read(result.output()).stream()
            .findFirst()
            .orElseThrow(() -> FileProblems.of(sandbox, path, result.complaint()));
    String name = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return new FileEntry(
        name.substring(name.lastIndexOf('/') + 1),
        entry.kind(),
        entry.mode(),
        entry.size(),
        entry.modifiedAt(),
        entry.uid(),
        entry.gid(),
        entry.linkTarget());
  }

  @Override
  public boolean exists(String path) {
    return sandbox.script(FileScripts.EXISTS, check(path)).code() == 0;
  }

  @Override
  public boolean mkdir(String path) {
    return run(path, FileScripts.MKDIR, check(path)).text().equals("1");
  }

  @Override
  public void move(String from, String to) {
    move(from, to, false);
  }

  @Override
  public void moveReplacing(String from, String to) {
    move(from, to, true);
  }

  private void move(String from, String to, boolean replace) {
    ScriptResult result =
        sandbox.script(TREE_LIMIT, FileScripts.MOVE, check(from), check(to), bit(replace));
    require(from + " -> " + to, result);
  }

  @Override
  public void remove(String path) {
    run(path, FileScripts.REMOVE, check(path));
  }

  @Override
  public void removeTree(String path) {
    require(path, sandbox.script(TREE_LIMIT, FileScripts.REMOVE_TREE, check(path)));
  }

  @Override
  public void chmod(String path, int mode) {
    if ((mode & ~MODE_BITS) != 0) {
      throw InvalidRequestException.field(
          "mode", Integer.toOctalString(mode), "permission bits from 0 to 07777");
    }
    run(path, FileScripts.CHMOD, check(path), Integer.toOctalString(mode));
  }

  @Override
  public void symlink(String target, String path) {
    if (target.isEmpty() || target.indexOf('\0') >= 0) {
      throw InvalidRequestException.field("target", target, "a path without NUL characters");
    }
    run(path, FileScripts.SYMLINK, target, check(path));
  }

  // ---- trees ----

  @Override
  public void unpack(InputStream tar, String directory) {
    intoTree(directory, out -> TarCheck.copy(tar, out));
  }

  @Override
  public void uploadTree(Path local, String remote) {
    intoTree(remote, out -> TreeUpload.write(local, out));
  }

  private interface Source {
    void writeTo(OutputStream out) throws IOException;
  }

  /** Nothing is unpacked before the archive is there as a whole. */
  private void intoTree(String directory, Source source) {
    String[] paths =
        run(directory, FileScripts.PREPARE_TREE, check(directory), UUID.randomUUID().toString())
            .text()
            .split("\0", -1);
    if (paths.length != 2 || !paths[0].startsWith("/") || !paths[1].startsWith("/")) {
      throw FileProblems.of(sandbox, directory, "");
    }
    FilePut put = sandbox.put(paths[1]);
    try {
      source.writeTo(put);
      put.close();
      require(directory, sandbox.script(TREE_LIMIT, FileScripts.UNPACK, paths[0], paths[1]));
    } catch (IOException e) {
      throw discarded(put, paths[1], FileProblems.from(sandbox, directory, e));
    } catch (SandboxException e) {
      throw discarded(put, paths[1], e);
    }
  }

  private SandboxException discarded(FilePut put, String staged, SandboxException failure) {
    put.cancel();
    try {
      sandbox.scriptAnywhere(FileScripts.DISCARD, staged);
    } catch (SandboxException e) {
      failure.addSuppressed(e);
    }
    return failure;
  }

  @Override
  public InputStream pack(String directory) {
    return ShellRead.open(sandbox, directory, FileScripts.PACK, check(directory));
  }

  @Override
  public void downloadTree(String remote, Path local) {
    downloadTree(remote, local, Long.MAX_VALUE);
  }

  @Override
  public void downloadTree(String remote, Path local, long maxBytes) {
    try (InputStream tar = SizeLimit.of(pack(remote), remote, checkBound(maxBytes))) {
      TreeDownload.read(tar, local);
    } catch (IOException e) {
      throw FileProblems.from(sandbox, remote, e);
    }
  }

  // ---- single files to and from this machine ----

  @Override
  public void upload(Path local, String remote) {
    try (LocalSource source = LocalSource.open(local);
        OutputStream out = write(remote, WriteOptions.ATOMIC.withMode(source.mode()))) {
      byte[] buffer = new byte[COPY_BUFFER];
      for (int n = source.contents().read(buffer); n > 0; n = source.contents().read(buffer)) {
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      throw FileProblems.from(sandbox, remote, e);
    }
  }

  @Override
  public void download(String remote, Path local) {
    download(remote, local, Long.MAX_VALUE);
  }

  @Override
  public void download(String remote, Path local, long maxBytes) {
    FileEntry entry = stat(remote);
    try (InputStream in = SizeLimit.of(read(remote), remote, checkBound(maxBytes))) {
      LocalTarget.replace(local, in, entry.mode());
    } catch (IOException e) {
      throw FileProblems.from(sandbox, remote, e);
    }
  }

  private static long checkBound(long maxBytes) {
    if (maxBytes < 0) {
      throw InvalidRequestException.field("maxBytes", maxBytes, "a number of bytes");
    }
    return maxBytes;
  }

  @Override
  public FileWatch watch(String path, boolean recursive) {
    return PollWatch.open(sandbox, path, check(path), recursive);
  }

  // ---- all of them ----

  private ScriptResult run(String shown, String script, String... arguments) {
    return require(shown, sandbox.script(script, arguments));
  }

  private ScriptResult require(String shown, ScriptResult result) {
    if (result.code() != 0) {
      throw FileProblems.of(sandbox, shown, result.complaint());
    }
    return result;
  }

  /** As no program takes it for an option. */
  private static String check(String path) {
    if (path.isEmpty() || path.indexOf('\0') >= 0) {
      throw InvalidRequestException.field("path", path, "a path without NUL characters");
    }
    return path.startsWith("/") ? path : "./" + path;
  }
}
