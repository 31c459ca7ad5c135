package dev.dunes.provider.cloud;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.FileEntry.Kind;
import dev.dunes.sandbox.SandboxFileException.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scripts where there is busybox and nothing else, as in images of Alpine: its shell, and for
 * programs the links to it. The fake vendors of the providers' own tests run them with GNU's.
 */
class BusyboxScriptsTest {
  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final long LIMIT_SECONDS = 60;
  private static final List<String> ODD_NAMES =
      List.of("a b", "line\nbreak", "-n", "*", "$(x)", "ü", ".hidden");

  private static Path programs = Path.of("");
  @TempDir Path temp;
  private Path home = Path.of("");

  private record Ran(int code, byte[] out, String err) {
    String text() {
      return new String(out, UTF_8);
    }

    /** The last line of its complaints. */
    String complaint() {
      String[] lines = err.strip().split("\n", -1);
      return lines[lines.length - 1];
    }
  }

  /** Not in a temporary directory of JUnit's, which warns of each symbolic link in it. */
  @BeforeAll
  static void install() throws Exception {
    assumeTrue(Files.isExecutable(BUSYBOX), "no /bin/busybox: package busybox-static");
    programs = Files.createTempDirectory("busybox");
    Process list = new ProcessBuilder(BUSYBOX.toString(), "--list").start();
    for (String name : new String(list.getInputStream().readAllBytes(), UTF_8).split("\n", -1)) {
      if (!name.isEmpty()) {
        Files.createSymbolicLink(programs.resolve(name), BUSYBOX);
      }
    }
  }

  @AfterAll
  static void remove() throws Exception {
    new ProcessBuilder("rm", "-rf", programs.toString()).start().waitFor();
  }

  @BeforeEach
  void makeHome() throws IOException {
    home = Files.createDirectory(temp.resolve("home"));
  }

  private ProcessBuilder builder(String script, String... arguments) {
    List<String> argv = new ArrayList<>(Scripts.argv(script, arguments));
    argv.set(0, programs.resolve("sh").toString());
    ProcessBuilder builder = new ProcessBuilder(argv).directory(home.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", programs.toString());
    builder.environment().put("HOME", home.toString());
    return builder;
  }

  private Ran run(String script, String... arguments) throws Exception {
    Path errors = temp.resolve("errors");
    Process process = builder(script, arguments).redirectError(errors.toFile()).start();
    process.getOutputStream().close();
    byte[] out = process.getInputStream().readAllBytes();
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    return new Ran(process.exitValue(), out, Files.readString(errors));
  }

  private Ran good(String script, String... arguments) throws Exception {
    Ran ran = run(script, arguments);
    assertThat(ran.code()).as(ran.err()).isZero();
    return ran;
  }

  private void fails(Reason reason, String script, String... arguments) throws Exception {
    Ran ran = run(script, arguments);
    assertThat(ran.code()).isNotZero();
    assertThat(FileProblems.reason(ran.complaint())).as(ran.err()).isEqualTo(reason);
  }

  private Ran put(String path, byte[] contents, String flags, String mode) throws Exception {
    return run(
        FileScripts.PUT,
        path,
        flags.contains("p") ? "1" : "0",
        flags.contains("x") ? "1" : "0",
        "name",
        flags.contains("a") ? "1" : "0",
        flags.contains("w") ? "1" : "0",
        mode,
        Base64.getEncoder().encodeToString(contents));
  }

  private static byte[] everyByte() {
    byte[] bytes = new byte[5000];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 7);
    }
    return bytes;
  }

  @Test
  void thereIsNothingButBusybox() throws Exception {
    assertThat(good("find --help 2>&1; readlink $(which find)").text())
        .contains("BusyBox")
        .endsWith("/bin/busybox\n");
    assertThat(run("find . -maxdepth 0 -printf ''").code()).as("GNU's way").isNotZero();
  }

  @Test
  void contentsAreExactWhicheverWayTheyAreWritten() throws Exception {
    byte[] bytes = everyByte();
    assertThat(put("sub/file", bytes, "p", "").code()).isZero();
    assertThat(home.resolve("sub/file")).hasBinaryContent(bytes);
    assertThat(good(FileScripts.READ, "sub/file", "0", "-1").out()).isEqualTo(plus(bytes));
    assertThat(good(FileScripts.READ, "sub/file", "100", "-1").out())
        .isEqualTo(plus(Arrays.copyOfRange(bytes, 100, bytes.length)));
    assertThat(good(FileScripts.READ, "sub/file", "4000", "50").out())
        .isEqualTo(plus(Arrays.copyOfRange(bytes, 4000, 4050)));
    assertThat(good(FileScripts.LOCATE, "sub/file").text()).isEqualTo(home + "/sub/file");

    assertThat(put("sub/file", "end".getBytes(UTF_8), "a", "").code()).isZero();
    assertThat(Files.size(home.resolve("sub/file"))).isEqualTo(bytes.length + 3);
    assertThat(put("sub/file", "new".getBytes(UTF_8), "w", "640").code()).isZero();
    assertThat(home.resolve("sub/file")).hasContent("new");
    assertThat(good("stat -c %a sub/file").text()).isEqualTo("640\n");
    assertThat(put("sub/file", "in place".getBytes(UTF_8), "", "").code()).isZero();
    assertThat(home.resolve("sub/file")).hasContent("in place");
    Ran exclusive = put("sub/file", bytes, "x", "");
    assertThat(FileProblems.reason(exclusive.complaint())).isEqualTo(Reason.EXISTS);
    try (Stream<Path> left = Files.list(home.resolve("sub"))) {
      assertThat(left).as("nothing beside it").hasSize(1);
    }
  }

  private static byte[] plus(byte[] bytes) {
    byte[] all = new byte[bytes.length + 1];
    all[0] = '+';
    System.arraycopy(bytes, 0, all, 1, bytes.length);
    return all;
  }

  @Test
  void whatThereIsIsTold() throws Exception {
    Files.createDirectory(home.resolve("dir"));
    for (String name : ODD_NAMES) {
      Files.writeString(home.resolve("dir").resolve(name), "12345");
    }
    Files.createSymbolicLink(home.resolve("dir/link"), Path.of("a b"));
    Map<String, FileEntry> entries = new TreeMap<>();
    FileEntries.read(good(FileScripts.LIST, "dir", "1").out())
        .forEach(entry -> entries.put(entry.path(), entry));
    List<String> names = new ArrayList<>(ODD_NAMES);
    names.add("link");
    assertThat(entries.keySet()).containsExactlyInAnyOrderElementsOf(names);
    assertThat(entries.get("a b").size()).isEqualTo(5);
    assertThat(entries.get("link").kind()).isEqualTo(Kind.SYMLINK);
    assertThat(entries.get("link").linkTarget()).hasValue("a b");

    FileEntry followed = FileEntries.read(good(FileScripts.STAT, "dir/link", "1").out()).getFirst();
    assertThat(followed.kind()).isEqualTo(Kind.FILE);
    assertThat(followed.mode()).isEqualTo(0644);
    FileEntry itself = FileEntries.read(good(FileScripts.STAT, "dir/link", "0").out()).getFirst();
    assertThat(itself.linkTarget()).hasValue("a b");
    assertThat(FileEntries.read(good(FileScripts.STAT, "dir", "1").out()).getFirst().kind())
        .isEqualTo(Kind.DIRECTORY);
    assertThat(FileEntries.read(good(FileScripts.LIST, ".", "2").out())).hasSize(names.size() + 1);
  }

  @Test
  void namesAreMadeMovedAndRemoved() throws Exception {
    assertThat(good(FileScripts.MKDIR, "-d/e").text()).isEqualTo("1");
    assertThat(good(FileScripts.MKDIR, "-d/e").text()).isEqualTo("0");
    good(FileScripts.SYMLINK, "nowhere", "-d/link");
    put("-f", new byte[] {1}, "p", "");
    good(FileScripts.MOVE, "-f", "-d/f", "0");
    assertThat(run(FileScripts.EXISTS, "-d/f").code()).isZero();
    good(FileScripts.CHMOD, "-d/f", "600");
    assertThat(good("stat -c %a ./-d/f").text()).isEqualTo("600\n");
    good(FileScripts.REMOVE, "-d/link");
    good(FileScripts.REMOVE_TREE, "-d");
    assertThat(run(FileScripts.EXISTS, "-d").code()).isNotZero();
  }

  @Test
  void whyItFailedIsUnderstood() throws Exception {
    Files.createDirectories(home.resolve("dir/full"));
    Files.writeString(home.resolve("file"), "x");
    Files.createSymbolicLink(home.resolve("loop"), Path.of("loop"));
    fails(Reason.NOT_FOUND, FileScripts.READ, "none", "0", "-1");
    fails(Reason.IS_DIRECTORY, FileScripts.READ, "dir", "0", "-1");
    fails(Reason.NOT_DIRECTORY, FileScripts.READ, "file/x", "0", "-1");
    fails(Reason.LOOP, FileScripts.READ, "loop", "0", "-1");
    fails(Reason.NOT_FOUND, FileScripts.STAT, "none", "1");
    fails(Reason.NOT_DIRECTORY, FileScripts.LIST, "file", "1");
    fails(Reason.NOT_FOUND, FileScripts.LIST, "none", "1");
    fails(Reason.NOT_EMPTY, FileScripts.REMOVE, "dir");
    fails(Reason.NOT_FOUND, FileScripts.REMOVE, "none");
    fails(Reason.EXISTS, FileScripts.MKDIR, "file");
    fails(Reason.EXISTS, FileScripts.MOVE, "file", "dir", "0");
    fails(Reason.IS_DIRECTORY, FileScripts.MOVE, "file", "dir", "1");
    fails(Reason.EXISTS, FileScripts.SYMLINK, "x", "file");
    fails(Reason.NOT_FOUND, FileScripts.CHMOD, "none", "600");
  }

  @Test
  void treesGoOutAndComeIn() throws Exception {
    Files.createDirectories(home.resolve("from/sub"));
    Files.write(home.resolve("from/sub/file"), everyByte());
    Files.writeString(home.resolve("from/a b"), "x");
    byte[] packed = good(FileScripts.PACK, "from").out();
    assertThat(packed[0]).isEqualTo((byte) '+');
    byte[] tar = Arrays.copyOfRange(packed, 1, packed.length);
    List<String> names = new ArrayList<>();
    try (TarArchiveInputStream in = new TarArchiveInputStream(new ByteArrayInputStream(tar))) {
      for (TarArchiveEntry next = in.getNextEntry(); next != null; next = in.getNextEntry()) {
        names.add(next.getName());
      }
    }
    assertThat(names).contains("./sub/", "./sub/file", "./a b");

    String[] places = good(FileScripts.PREPARE_TREE, "to", "x").text().split("\0", -1);
    assertThat(places).containsExactly(home + "/to", home + "/to/.dunes-x");
    Files.write(Path.of(places[1]), tar);
    good(FileScripts.UNPACK, places[0], places[1]);
    assertThat(home.resolve("to/sub/file")).hasBinaryContent(everyByte());
    assertThat(home.resolve("to/.dunes-x")).doesNotExist();
  }

  @Test
  void acommandRunsInItsDirectoryAndItsOutputComesWhole() throws Exception {
    Ran entered = good(Scripts.ENTER, "t", home.toString(), "", "sh", "-c", "pwd");
    assertThat(entered.text()).isEqualTo(home + "\n");
    assertThat(run(Scripts.ENTER, "t", home + "/none", "", "true").err())
        .isEqualTo("dunes:t:directory");
    assertThat(run(Scripts.ENTER, "t", "", "nobody-at-all", "true").err())
        .isEqualTo("dunes:t:nobody");

    String[] lines =
        good(FrameScripts.WHOLE, "sh", "-c", "printf 'a\\0b'; echo oh >&2; exit 3")
            .text()
            .split("\n", -1);
    assertThat(Base64.getDecoder().decode(lines[0])).containsExactly('a', 0, 'b');
    assertThat(new String(Base64.getDecoder().decode(lines[1]), UTF_8)).isEqualTo("oh\n");
    assertThat(lines[2]).isEqualTo("3");

    Ran framed = good(FrameScripts.RUN, "mark", "0", "none", "", "sh", "-c", "printf x; exit 4");
    String all = "";
    for (String line : framed.text().split("\n", -1)) {
      all +=
          line.startsWith("o ")
              ? new String(Base64.getDecoder().decode(line.substring(2)), UTF_8)
              : "";
    }
    assertThat(all).isEqualTo("xmark 4\n");
  }

  @Test
  void whatIsUsedIsTold() throws Exception {
    assertThat(good(Scripts.METRICS).text().lines().map(line -> line.replaceAll("\\d+", "N")))
        .containsExactly("processes N", "ticks N", "hertz N", "resident N", "limit N", "disk N");
  }

  @Test
  void everyProcessOfACommandIsFoundAndEnded() throws Exception {
    String token = "busybox-" + temp.getFileName();
    ProcessBuilder command = builder("sleep 1000 & setsid sleep 1000 & sleep 1000");
    command.environment().put(Scripts.TOKEN, token);
    Process process = command.start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (running(token) < 3) { // the shell becomes the last of them
      assertThat(System.nanoTime() - end).as("three processes").isNegative();
      Thread.sleep(10);
    }
    good(Scripts.KILL_TREE, token);
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(running(token)).isZero();
  }

  private static int running(String token) throws IOException {
    int found = 0;
    for (ProcessHandle each : ProcessHandle.allProcesses().toList()) {
      try {
        String environment = Files.readString(Path.of("/proc/" + each.pid() + "/environ"));
        found += environment.contains(Scripts.TOKEN + "=" + token) ? 1 : 0;
      } catch (IOException e) {
        // another's, or gone
      }
    }
    return found;
  }
}
