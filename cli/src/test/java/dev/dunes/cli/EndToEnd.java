package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.Providers;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the real program does with a real provider. Each command is a process of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class EndToEnd {
  /** What a pipe holds, pipe(7). */
  private static final int PIPE = 64 << 10;

  private final String provider;
  private Path state = Path.of("");
  private Path directory = Path.of("");
  private DsProcess ds = new DsProcess(state, directory, "");

  EndToEnd(String provider) {
    this.provider = provider;
  }

  @BeforeAll
  void makeState() throws IOException {
    state = Files.createTempDirectory("ds-state");
  }

  /** Not by a temporary directory of JUnit, which warns of each symbolic link in it. */
  @AfterAll
  void removeState() throws IOException, InterruptedException {
    new ProcessBuilder("rm", "-rf", state.toString()).start().waitFor();
  }

  @BeforeEach
  void requireProvider(@TempDir Path temporary) {
    directory = temporary;
    ds = new DsProcess(state, directory, provider);
    boolean usable =
        Providers.find(provider)
            .filter(factory -> factory.availability(ProviderSettings.system()).usable())
            .isPresent();
    assumeTrue(usable, "provider '%s' cannot be used here: see ds doctor".formatted(provider));
  }

  @AfterEach
  void destroyWhatIsLeft() {
    for (JsonNode sandbox : JsonMapper.shared().readTree(ds.run("list", "--json").out())) {
      ds.run("destroy", "-p", sandbox.get("provider").asString(), sandbox.get("id").asString());
    }
  }

  @ParameterizedTest
  @CsvSource({"true,0", "exit 3,3", "exit 7,7", "/etc/passwd,126", "no-such-program,127"})
  void theExitCodeIsTheCommandsOwn(String command, int code) {
    assertThat(ds.run("run", command).code()).isEqualTo(code);
  }

  @Test
  void aCommandThatTakesTooLongIsKilled() {
    DsProcess.Done done = ds.run("run", "-t", "1", "echo first; sleep 30");
    assertThat(done.code()).isEqualTo(124);
    assertThat(done.out()).isEqualTo("first\n");
  }

  @Test
  void tenMegabytesPassBothWaysUnchanged() {
    byte[] bytes = new byte[10 << 20];
    new Random(11).nextBytes(bytes);
    DsProcess.Done done = ds.pipe(bytes, "run", "cat; printf done >&2");
    assertThat(Arrays.equals(done.bytes(), bytes)).as("%d bytes", done.bytes().length).isTrue();
    assertThat(done.err()).isEqualTo("done");
  }

  @Test
  void aReaderThatGoesAwayEndsItQuietly() {
    DsProcess.Done done = ds.bash("ds run yes | head -1; echo \"${PIPESTATUS[0]}\"");
    assertThat(done.out()).isEqualTo("y\n141\n");
    assertThat(done.err()).isEmpty();
    assertThat(ds.run("list").out()).isEqualTo("No sandboxes found\n");
  }

  @Test
  void ctrlCDestroysTheSandbox() throws IOException, InterruptedException {
    Process process = ds.start("run", "echo started; sleep 60");
    assertThat(process.inputReader().readLine()).isEqualTo("started");
    interrupt(process);
    assertThat(process.exitValue()).isEqualTo(130);
    assertThat(process.errorReader().lines()).isEmpty();
    assertThat(ds.run("list").out()).isEqualTo("No sandboxes found\n");
  }

  @Test
  void aPortIsOneOfThisMachineUntilTheSandboxEnds() throws IOException, InterruptedException {
    String id =
        JsonMapper.shared()
            .readTree(ds.run("run", "--keep", "--json", "true").out())
            .get("sandboxId")
            .asString();
    Process program =
        ds.start("exec", id, "echo up; exec python3 -m http.server --bind 127.0.0.1 18734");
    assertThat(program.inputReader().readLine()).isEqualTo("up");
    Process port = ds.start("port", id, "18734", "--local", "0", "--json");
    String address =
        JsonMapper.shared().readTree(port.inputReader().readLine()).get("address").asString();
    HttpClient client = HttpClient.newHttpClient();
    HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address + "/")).build();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      try {
        assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
            .isEqualTo(200);
        break;
      } catch (IOException e) {
        assertThat(System.nanoTime() - end).as(e.toString()).isNegative(); // it listens soon
        Thread.sleep(20);
      }
    }
    client.close();
    ds.run("destroy", id);
    assertThat(port.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(port.exitValue()).isEqualTo(1);
    assertThat(port.errorReader().lines()).anyMatch(line -> line.contains("has ended"));
    assertThat(program.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void ctrlCWorksWhenNobodyReadsTheOutput() throws IOException, InterruptedException {
    Process process = ds.start("run", "yes");
    assertThat(process.getInputStream().read()).isEqualTo('y');
    await("the pipe is full", () -> process.getInputStream().available() >= PIPE);
    interrupt(process);
    assertThat(process.exitValue()).isEqualTo(130);
    assertThat(ds.run("list").out()).isEqualTo("No sandboxes found\n");
  }

  @Test
  void ctrlCWorksWhileCodeIsAwaited() throws IOException, InterruptedException {
    Process process = ds.start("run", "--lang", "sh");
    await("it reads its input", () -> reads(process.pid()));
    interrupt(process);
    assertThat(process.exitValue()).isEqualTo(130);
    assertThat(process.errorReader().lines()).isEmpty();
  }

  /** Whether a thread of it waits in {@code read(0, …)}; numbers of x86-64 and arm64. */
  private static boolean reads(long pid) {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      for (Path thread : threads.toList()) {
        String call = Files.readString(thread.resolve("syscall"));
        if (call.startsWith("0 0x0 ") || call.startsWith("63 0x0 ")) {
          return true;
        }
      }
    } catch (IOException e) {
      return false; // one that has just ended
    }
    return false;
  }

  private static void await(String what, Callable<Boolean> condition) {
    try {
      Instant deadline = Instant.now().plusSeconds(60);
      while (!condition.call()) {
        assertThat(Instant.now()).as(what).isBefore(deadline);
        Thread.sleep(10); // between two looks at another program
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(what, e);
    }
  }

  private static void interrupt(Process process) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void killedAtOnceItLeavesNothingAfterTheNextCommand() throws IOException, InterruptedException {
    String id =
        JsonMapper.shared()
            .readTree(ds.run("run", "--keep", "--json", "true").out())
            .get("sandboxId")
            .asString();
    String duration = Integer.toString(10_000_000 + new Random().nextInt(1_000_000));
    Process process = ds.start("run", "echo started; sleep " + duration);
    assertThat(process.inputReader().readLine()).isEqualTo("started");
    process.destroyForcibly().waitFor();
    JsonNode left = JsonMapper.shared().readTree(ds.run("list", "--json").out());
    assertThat(left.findValuesAsString("id"))
        .as("only what was kept on purpose")
        .containsExactly(id);
    assertThat(ProcessHandle.allProcesses().map(p -> p.info().commandLine().orElse("")))
        .noneMatch(line -> line.contains("sleep " + duration));
  }

  @Test
  void sandboxesAreSharedBetweenProcesses() throws IOException {
    DsProcess.Done made = ds.run("run", "--keep", "-l", "job=a b", "--json", "echo kept > note");
    String id = JsonMapper.shared().readTree(made.out()).get("sandboxId").asString();
    DsProcess.Done found = ds.run("run", "-l", "job=a b", "cat note");
    assertThat(found.out()).isEqualTo("kept\n");
    DsProcess.Done exec =
        ds.pipe("from stdin", "exec", id, "-e", "A=it's", "cat; printf \"$A\" >&2; exit 9");
    assertThat(exec.out()).isEqualTo("from stdin");
    assertThat(exec.err()).isEqualTo("it's");
    assertThat(exec.code()).isEqualTo(9);
    JsonNode list = JsonMapper.shared().readTree(ds.run("list", "--json").out());
    assertThat(list).hasSize(1);
    assertThat(list.get(0).get("id").asString()).isEqualTo(id);
    assertThat(list.get(0).get("state").asString()).isEqualTo("running");
    assertThat(list.get(0).get("labels").get("job").asString()).isEqualTo("a b");
    assertThat(ds.run("destroy", id).code()).isZero();
    assertThat(ds.run("destroy", "-p", provider, id).code()).isEqualTo(1);
    assertThat(ds.run("list", "--json").out()).isEqualTo("[]\n");
  }

  /** Quotes of all kinds and a line that ends a here-document, in each language that is there. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "python|py|python3|s = '''it's'''\\nt = \"\"\"\\nEOF\\n\"\"\"\\nprint(s + t.strip() + \"$HOME\")",
        "node|js|node|const s = 'it\\\\'s'\\nconst t = `\\nEOF\\n`\\nconsole.log(s + t.trim() + '$HOME')",
        "bash|sh|bash|t=$(cat <<'X'\\nEOF\\nX\\n)\\n[[ -n $t ]] && echo \"it's$t\"'$HOME'",
        "sh|-|sh|t=$(cat <<'X'\\nEOF\\nX\\n)\\necho \"it's$t\"'$HOME'",
        "ruby|rb|ruby|s = 'it\\\\'s'\\nt = <<X\\nEOF\\nX\\nputs s + t.strip + '$HOME'",
      })
  void everyLanguageRunsUnchanged(String language, String extension, String program, String text)
      throws IOException {
    String code = text.replace("``", "`").replace("\\n", "\n").replace("\\\\", "\\") + "\n";
    assumeTrue(
        ds.run("run", "command -v " + program).code() == 0, program + " is not in the sandbox");
    DsProcess.Done piped = ds.pipe(code, "run", "--lang", language);
    assertThat(piped.out()).as(piped.err()).isEqualTo("it'sEOF$HOME\n");
    if (!extension.equals("-")) {
      Files.writeString(directory.resolve("it's code." + extension), code);
      DsProcess.Done file = ds.run("run", "-f", "it's code." + extension);
      assertThat(file.out()).as(file.err()).isEqualTo("it'sEOF$HOME\n");
    }
  }

  @Test
  void aSourceOfAMegabyteRuns() throws IOException {
    String line = "x = '" + "é".repeat(40) + "'\n";
    Files.writeString(
        directory.resolve("big.py"),
        line.repeat((1 << 20) / 80) + "import sys\nprint(sys.stdin.read())\n");
    DsProcess.Done done = ds.pipe("input", "run", "-f", "big.py");
    assertThat(done.out()).as(done.err()).isEqualTo("input\n");
  }

  @Test
  void compiledLanguagesRunWhereTheyAre() throws IOException {
    Files.writeString(
        directory.resolve("a.java"),
        "class A { public static void main(String[] a) { System.out.print(6*7); } }");
    Files.writeString(
        directory.resolve("a.go"), "package main\nimport \"fmt\"\nfunc main() { fmt.Print(6*7) }");
    Files.writeString(directory.resolve("a.rs"), "fn main() { print!(\"{}\", 6*7) }");
    Map<String, String> versions =
        Map.of("java", "java -version", "go", "go version", "rs", "rustc --version");
    for (Map.Entry<String, String> version : versions.entrySet()) {
      int there = ds.run("run", version.getValue()).code();
      DsProcess.Done done = ds.run("run", "-f", "a." + version.getKey());
      switch (there) {
        case 0 -> assertThat(done.out()).as(done.err()).isEqualTo("42");
        case 127 -> assertThat(done.code()).as(done.err()).isEqualTo(127);
        default -> assertThat(done.code()).as("installed, but does not work").isNotZero();
      }
    }
  }

  @Test
  void anyLocaleWillDo() {
    DsProcess.Done done =
        ds.bash("ds run -e 'A=ü' 'echo é😀$A'", Map.of("LC_ALL", "C", "LANG", ""));
    assertThat(done.out()).isEqualTo("é😀ü\n");
  }

  @Test
  void jsonIsValidEverywhere() {
    for (String verb : List.of("list", "providers", "test", "doctor")) {
      DsProcess.Done done = ds.run(verb, "--json");
      assertThat(done.code()).as(done.err()).isZero();
      assertThat(JsonMapper.shared().readTree(done.out()).isContainer()).isTrue();
    }
  }

  @Test
  void aFullTestTriesMoreThanOneCommand() {
    DsProcess.Done done = ds.run("test", "--full");

    assertThat(done.code()).as(done.err()).isZero();
    assertThat(done.out())
        .contains(
            "✅ exit code and channels",
            "✅ input while it runs",
            "✅ time limit",
            "✅ files, byte for byte",
            "✅ deadline",
            "✅ pause and resume")
        .endsWith("✅ Working\n");
    assertThat(ds.run("list").out()).isEqualTo("No sandboxes found\n");
  }

  @Test
  void aShellIsOnATerminal() throws IOException, InterruptedException {
    boolean python = new ProcessBuilder("python3", "--version").start().waitFor() == 0;
    assumeTrue(python, "python3 is not installed");
    Path script = directory.resolve("shell.py");
    Files.copy(EndToEnd.class.getResourceAsStream("/shell_on_terminal.py"), script);
    List<String> command = new java.util.ArrayList<>(List.of("python3", script.toString()));
    command.addAll(DsProcess.command());
    command.add("shell");
    Process process = ds.start(command, Map.of("TERM", "xterm"));
    String out = new String(process.getInputStream().readAllBytes());
    String err = new String(process.getErrorStream().readAllBytes());
    assertThat(process.waitFor()).as(out + err).isZero();
    assertThat(ds.run("list").out()).isEqualTo("No sandboxes found\n");
  }

  @Test
  void aShellReadsAPipe() {
    DsProcess.Done done = ds.pipe("cd /tmp\npwd\nexit 5\n", "shell");
    assertThat(done.out()).isEqualTo("/tmp\n");
    assertThat(done.code()).isEqualTo(5);
    assertThat(ds.pipe("echo kept > note", "shell", "-n", "dev").code()).isZero();
    assertThat(ds.pipe("cat note", "shell", "-n", "dev").out()).isEqualTo("kept\n");
  }
}
