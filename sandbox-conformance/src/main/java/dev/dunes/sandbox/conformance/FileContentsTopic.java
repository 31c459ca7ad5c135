package dev.dunes.sandbox.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.LocalPathException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFileException.Reason;
import dev.dunes.sandbox.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in files. */
abstract class FileContentsTopic extends Topic {
  private static final int KEPT_WHOLE = 3 << 20;

  FileContentsTopic(Supplier<Suite> suite) {
    super(suite);
  }

  static void assertReason(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SandboxFileException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void everyByteIsKept() {
    String path = directory() + "/all";
    files().write(path, Hashes.all256());

    assertThat(files().readBytes(path)).isEqualTo(Hashes.all256());
    assertThat(files().stat(path).size()).isEqualTo(256);
  }

  @Test
  void emptyFilesAreFiles() {
    String path = directory() + "/empty";
    files().write(path, new byte[0]);

    assertThat(files().readBytes(path)).isEmpty();
    assertThat(files().stat(path).isFile()).isTrue();
  }

  @Test
  void textIsUtf8() {
    String path = directory() + "/text";
    files().write(path, "é😀\n");

    assertThat(files().readText(path)).isEqualTo("é😀\n");
    assertThat(sh("wc -c < " + path).stdout().strip()).isEqualTo("7");
  }

  @Test
  void whatIsWrittenIsSeenInsideAndTheOtherWayRound() {
    String directory = directory();
    files().write(directory + "/in", "from outside");

    assertThat(sh("cat %1$s/in; printf inside > %1$s/out".formatted(directory)).stdout())
        .isEqualTo("from outside");
    assertThat(files().readText(directory + "/out")).isEqualTo("inside");
  }

  @Test
  void megabytesAreKeptExactly() {
    String path = directory() + "/random";
    byte[] bytes = Hashes.bytes(KEPT_WHOLE + 1, 3);
    files().write(path, bytes);

    assertThat(Hashes.sha256(files().readBytes(path))).isEqualTo(Hashes.sha256(bytes));
    assertThat(sh("sha256sum < " + path).stdout()).startsWith(Hashes.sha256(bytes));
  }

  @Test
  void writingReplacesContents() {
    String path = directory() + "/file";
    files().write(path, "long contents");
    files().write(path, "short");

    assertThat(files().readText(path)).isEqualTo("short");
  }

  @Test
  void appendingAddsAndMakes() {
    String path = directory() + "/new/file";
    files().append(path, "one ".getBytes(UTF_8));
    files().append(path, "two".getBytes(UTF_8));

    assertThat(files().readText(path)).isEqualTo("one two");
  }

  @Test
  void exclusiveWritingNeedsAFreeName() throws IOException {
    String path = directory() + "/file";
    files().write(path, WriteOptions.DEFAULT.withExclusive(true)).close();

    assertReason(
        Reason.EXISTS, () -> files().write(path, WriteOptions.DEFAULT.withExclusive(true)));
  }

  @Test
  void parentsAreMadeUnlessToldOtherwise() {
    String directory = directory();
    files().write(directory + "/a/b/c/file", "x");

    assertThat(files().readText(directory + "/a/b/c/file")).isEqualTo("x");
    assertReason(
        Reason.NOT_FOUND,
        () ->
            files().write(directory + "/x/y/file", WriteOptions.DEFAULT.withCreateParents(false)));
  }

  @Test
  void anAtomicWriteIsSeenAsAWhole() throws IOException {
    String directory = directory();
    String path = directory + "/file";
    files().write(path, "old");
    OutputStream out = files().write(path, WriteOptions.ATOMIC);
    out.write(new byte[1 << 20]);
    out.flush();

    assertThat(files().readText(path)).isEqualTo("old");
    out.close();
    assertThat(files().stat(path).size()).isEqualTo(1 << 20);
    assertThat(files().list(directory)).extracting(FileEntry::path).containsExactly("file");
  }

  @Test
  void anAtomicWriteThatIsNotFinishedLeavesNothing() throws IOException {
    String directory = directory();
    Sandbox writer = suite().provider().get(sandbox().id()).orElseThrow();
    OutputStream out = writer.files().write(directory + "/file", WriteOptions.ATOMIC);
    out.write(new byte[1 << 20]);
    out.flush();

    writer.close();

    Suite.eventually("nothing is left", () -> files().list(directory).isEmpty());
  }

  @Test
  void aStreamThatIsClosedTakesNothing() throws IOException {
    OutputStream out = files().write(directory() + "/file", WriteOptions.DEFAULT);
    out.close();
    out.close();

    assertThatThrownBy(() -> out.write(1)).isInstanceOf(IOException.class);
  }

  @Test
  void partsCanBeRead() throws IOException {
    String path = directory() + "/digits";
    files().write(path, "0123456789");

    assertThat(read(path, 3, 4)).isEqualTo("3456");
    assertThat(read(path, 8, 100)).isEqualTo("89");
    assertThat(read(path, 10, 1)).isEmpty();
    assertThat(read(path, 1000, 1)).isEmpty();
    assertThat(read(path, 0, 0)).isEmpty();
  }

  private String read(String path, long offset, long length) throws IOException {
    try (InputStream in = files().read(path, offset, length)) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  @Test
  void readingCanStopEarly() throws IOException {
    String path = directory() + "/big";
    files().write(path, new byte[KEPT_WHOLE]);
    for (int i = 0; i < 20; i++) {
      try (InputStream in = files().read(path)) {
        assertThat(in.read()).isZero();
      }
    }
    assertThat(files().readBytes(path)).hasSize(KEPT_WHOLE);
  }

  // ---- modes and times ----

  @Test
  void modesAreKept() throws IOException {
    String directory = directory();
    files().write(directory + "/default", "x");
    files().write(directory + "/given", WriteOptions.DEFAULT.withMode(0750)).close();
    files().write(directory + "/atomic", WriteOptions.ATOMIC.withMode(0600)).close();
    files().chmod(directory + "/default", 0711);
    files().write(directory + "/default", "y");

    assertThat(files().stat(directory + "/default").mode()).isEqualTo(0711);
    assertThat(files().stat(directory + "/given").mode()).isEqualTo(0750);
    assertThat(files().stat(directory + "/atomic").mode()).isEqualTo(0600);
    assertThat(sh("stat -c %a " + directory + "/given").stdout()).isEqualTo("750\n");
  }

  @Test
  void newFilesAreReadableByAll() {
    String path = directory() + "/file";
    files().write(path, "x");

    assertThat(files().stat(path).mode()).isEqualTo(0644);
  }

  @Test
  void timesAreThoseOfTheFile() {
    String path = directory() + "/file";
    Instant before = Instant.now().minus(Duration.ofSeconds(5));
    files().write(path, "x");

    assertThat(files().stat(path).modifiedAt()).isBetween(before, Instant.now().plusSeconds(5));
    sh("touch -d '2001-02-03 04:05:06 UTC' " + path);
    assertThat(files().stat(path).modifiedAt()).isEqualTo(Instant.parse("2001-02-03T04:05:06Z"));
  }

  // ---- what cannot be ----

  @Test
  void whatIsNotThereIsNotFound() {
    String missing = directory() + "/missing";

    assertReason(Reason.NOT_FOUND, () -> files().readBytes(missing));
    assertReason(Reason.NOT_FOUND, () -> files().read(missing).read());
    assertReason(Reason.NOT_FOUND, () -> files().stat(missing));
    assertReason(Reason.NOT_FOUND, () -> files().list(missing));
    assertReason(Reason.NOT_FOUND, () -> files().remove(missing));
    assertReason(Reason.NOT_FOUND, () -> files().chmod(missing, 0600));
    assertReason(Reason.NOT_FOUND, () -> files().move(missing, missing + "2"));
    assertThat(files().exists(missing)).isFalse();
    assertThat(files().exists(missing + "/below")).isFalse();
  }

  @Test
  void aDirectoryIsNoFile() {
    String directory = directory();

    assertReason(Reason.IS_DIRECTORY, () -> files().readBytes(directory));
    assertReason(Reason.IS_DIRECTORY, () -> files().write(directory, "x"));
  }

  @Test
  void aFileIsNoDirectory() {
    String path = directory() + "/file";
    files().write(path, "x");

    assertReason(Reason.NOT_DIRECTORY, () -> files().list(path));
    assertReason(Reason.NOT_DIRECTORY, () -> files().readBytes(path + "/below"));
    assertThat(files().exists(path + "/below")).isFalse();
  }

  @Test
  void devicesAndPipesAreNotOpened() {
    String fifo = directory() + "/fifo";
    sh("mkfifo " + fifo);

    assertReason(Reason.NOT_REGULAR, () -> files().readBytes(fifo));
    assertReason(Reason.NOT_REGULAR, () -> files().write(fifo, "x"));
    assertReason(Reason.NOT_REGULAR, () -> files().readBytes("/dev/zero"));
  }

  @Test
  void permissionsHold() {
    String directory = directory();
    sh("mkdir %1$s/locked && chmod 0 %1$s/locked".formatted(directory));
    boolean allowed = sh("touch %s/locked/x".formatted(directory)).success();
    org.junit.jupiter.api.Assumptions.assumeFalse(
        allowed, "the sandbox's user may write everywhere");

    assertReason(Reason.PERMISSION, () -> files().write(directory + "/locked/file", "x"));
    assertReason(Reason.PERMISSION, () -> files().list(directory + "/locked"));
  }

  // ---- to and from this machine ----

  @Test
  void filesAreCopiedInAndOut(@TempDir Path temp) throws IOException {
    String path = directory() + "/sub/file";
    Path local = temp.resolve("local");
    Files.write(local, Hashes.bytes(KEPT_WHOLE, 4));
    Files.setPosixFilePermissions(local, PosixFilePermissions.fromString("rwxr-x---"));

    sandbox().upload(local, path);
    sandbox().download(path, temp.resolve("back"));

    assertThat(files().stat(path).mode()).isEqualTo(0750);
    assertThat(temp.resolve("back")).hasSameBinaryContentAs(local);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(temp.resolve("back"))))
        .isEqualTo("rwxr-x---");
  }

  @Test
  void whatIsMissingIsSaidAndNothingIsLeft(@TempDir Path temp) {
    String directory = directory();

    assertReason(
        Reason.NOT_FOUND, () -> sandbox().download(directory + "/missing", temp.resolve("back")));
    assertThat(temp).isEmptyDirectory();
    assertThatThrownBy(() -> sandbox().upload(temp.resolve("missing"), directory + "/file"))
        .isInstanceOf(LocalPathException.class);
    assertThat(files().list(directory)).isEmpty();
    files().write(directory + "/file", "x");
    assertThatThrownBy(
            () -> sandbox().download(directory + "/file", temp.resolve("no/such/parent")))
        .isInstanceOf(LocalPathException.class);
  }

  @Test
  void aDownloadReplacesOrLeavesAlone(@TempDir Path temp) throws IOException {
    String path = directory() + "/file";
    Path local = Files.writeString(temp.resolve("local"), "old");

    assertReason(Reason.NOT_FOUND, () -> sandbox().download(path, local));
    assertThat(local).hasContent("old");
    files().write(path, "new");
    sandbox().download(path, local);
    assertThat(local).hasContent("new");
  }

  // ---- much at once ----

  @Test
  void manyFilesAreWrittenAtOnce() throws Exception {
    String directory = directory();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        String path = directory + "/" + i;
        byte[] bytes = Hashes.bytes(1 << 20, i);
        all.add(
            threads.submit(() -> {
              files().write(path, bytes);
              assertThat(Hashes.sha256(files().readBytes(path))).isEqualTo(Hashes.sha256(bytes));
            }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
  }

  @Test
  void aFileLargerThanTheHeapGoesThrough() throws Exception {
    needs(Feature.SEEN_BY_OTHER_PROCESSES);
    String path = directory() + "/large";
    long size = suite().largeFile();
    try (Peer peer = Peer.start(suite(), "-Xmx48m")) {
      assertThat(peer.ask("copy", sandbox().id(), path, Long.toString(size))).isEqualTo("equal");
    }
    assertThat(files().stat(path).size()).isEqualTo(size);
    files().remove(path);
  }
}
