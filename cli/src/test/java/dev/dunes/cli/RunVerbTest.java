package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RunVerbTest {
  private final FakeProvider fake = new FakeProvider("fake");
  private final Ds ds = Ds.with(fake);

  @Test
  void printsOnlyWhatTheCommandWritesAndEndsAsItDoes() {
    fake.script =
        (command, io) -> {
          io.out("out");
          io.err("err");
          return 3;
        };
    Ds.Result result = ds.run("run", "make");
    assertThat(result.code()).isEqualTo(3);
    assertThat(result.out()).isEqualTo("out");
    assertThat(result.err()).isEqualTo("err");
    assertThat(fake.lastCommand().argv()).containsExactly("/bin/sh", "-c", "make");
  }

  @Test
  void exitCodesKeepTheirLowEightBits() {
    fake.script = (command, io) -> 256 + 7;
    assertThat(ds.run("run", "x").code()).isEqualTo(7);
    fake.script = (command, io) -> Script.TIMED_OUT;
    assertThat(ds.run("run", "x").code()).isEqualTo(124);
  }

  @Test
  void destroysWhatItMadeAlsoWhenTheCommandCannotBeRun() {
    ds.run("run", "true");
    assertThat(fake.boxes).isEmpty();
    fake.brokenExec =
        Optional.of(new ProviderException("the wire broke", ErrorDetails.remedy("mend it")));
    Ds.Result result = ds.run("run", "true");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).isEqualTo("❌ the wire broke\nmend it\n");
    assertThat(fake.made).hasSize(2);
    assertThat(fake.boxes).isEmpty();
  }

  @Test
  void labelsAreCliTrueUnlessGiven() {
    ds.run("run", "true");
    assertThat(fake.made.getFirst().spec.labels()).isEqualTo(Map.of("cli", "true"));
    ds.run("run", "-l", "a=b", "-l", "c=d=e", "true");
    assertThat(fake.made.get(1).spec.labels()).isEqualTo(Map.of("a", "b", "c", "d=e"));
  }

  @Test
  void reusesByLabelAndNeverDestroysWhatItDidNotMake() {
    String id = fake.make("theirs", Map.of("job", "build", "more", "x"));
    assertThat(ds.run("run", "-l", "job=build", "true").code()).isZero();
    assertThat(fake.made).isEmpty();
    assertThat(fake.boxes).containsOnlyKeys(id);
    ds.run("run", "--no-reuse", "-l", "job=build", "true");
    assertThat(fake.made).hasSize(1);
    assertThat(fake.boxes).containsOnlyKeys(id);
  }

  @Test
  void withoutLabelsNothingIsReused() {
    fake.make("theirs", Map.of("cli", "true"));
    ds.run("run", "true");
    assertThat(fake.made).hasSize(1);
  }

  @Test
  void aReusedSandboxLivesLongEnoughForTheCommand() {
    fake.make("theirs", Map.of("job", "build"));
    ds.run("run", "-l", "job=build", "-t", "600", "true");
    assertThat(fake.boxes.get("theirs").deadline).isAfter(Instant.now().plusSeconds(650));
    ds.run("run", "-l", "job=build", "-t", "1", "true");
    assertThat(fake.boxes.get("theirs").deadline).isAfter(Instant.now().plusSeconds(600));
  }

  @Test
  void keepKeeps() {
    ds.run("run", "--keep", "true");
    assertThat(fake.boxes).hasSize(1);
    SandboxSpec spec = fake.made.getFirst().spec;
    assertThat(spec.detached()).isTrue();
    assertThat(spec.lifetime()).isEqualTo(Duration.ofHours(1));
    ds.run("run", "--keep", "--lifetime", "86400", "true");
    assertThat(fake.made.get(1).spec.lifetime()).isEqualTo(Duration.ofDays(1));
  }

  @Test
  void theTimeoutBoundsTheCommandAndTheLifetimeIsLonger() {
    ds.run("run", "true");
    assertThat(fake.lastCommand().timeout()).contains(Duration.ofSeconds(120));
    assertThat(fake.made.getFirst().spec.lifetime()).isEqualTo(Duration.ofSeconds(180));
    ds.run("run", "-t", "5", "true");
    assertThat(fake.lastCommand().timeout()).contains(Duration.ofSeconds(5));
    assertThat(fake.made.get(1).spec.lifetime()).isEqualTo(Duration.ofSeconds(65));
  }

  @Test
  void everyOptionReachesTheSandbox() {
    Ds.Result result =
        ds.run(
            "run",
            "--provider",
            "fake",
            "--image",
            "debian",
            "--env",
            "A=b=c",
            "--memory",
            "256",
            "--cpus",
            "1.5",
            "--disk",
            "64",
            "--pids",
            "99",
            "--network",
            "none",
            "--isolation",
            "none",
            "--workdir",
            "/srv",
            "--user",
            "root",
            "--timeout",
            "9",
            "--reuse",
            "--no-keep",
            "--no-deps",
            "--language",
            "python",
            "make");
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    SandboxSpec spec = fake.made.getFirst().spec;
    assertThat(spec.image()).contains("debian");
    assertThat(spec.env()).isEqualTo(Map.of("A", "b=c"));
    assertThat(spec.memoryMb()).hasValue(256);
    assertThat(spec.cpuCores()).hasValue(1.5);
    assertThat(spec.diskMb()).hasValue(64);
    assertThat(spec.maxProcesses()).hasValue(99);
    assertThat(spec.network()).contains(NetworkMode.NONE);
    assertThat(spec.isolation()).contains(IsolationTier.NONE);
    assertThat(spec.workingDir()).contains("/srv");
    assertThat(fake.lastCommand().user()).contains("root");
    assertThat(fake.lastCommand().env()).isEqualTo(Map.of("A", "b=c"));
    assertThat(fake.lastCommand().argv()).containsExactly("/bin/sh", "-c", "make");
  }

  @Test
  void stdinReachesACommandByteForByte() {
    byte[] bytes = new byte[10 << 20];
    new Random(7).nextBytes(bytes);
    fake.script =
        (command, io) -> {
          byte[] buffer = new byte[50_000];
          for (int n = io.input().read(buffer); n >= 0; n = io.input().read(buffer)) {
            io.out(Arrays.copyOf(buffer, n));
          }
          return 0;
        };
    assertThat(ds.stdin(bytes).run("run", "cat").bytes()).isEqualTo(bytes);
  }

  @Test
  void aTerminalIsNotHandedOn() {
    assertThat(ds.terminals(true, true, true).run("run", "cat").code()).isZero();
    assertThat(fake.lastCommand().stdinOpen()).isFalse();
  }

  @Test
  void outputIsStreamedAsItComes() throws IOException {
    java.util.concurrent.CountDownLatch seen = new java.util.concurrent.CountDownLatch(1);
    fake.script =
        (command, io) -> {
          io.out("first");
          // Ends only after the first bytes have come out.
          return seen.await(30, java.util.concurrent.TimeUnit.SECONDS) ? 0 : 9;
        };
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int b) {}

          @Override
          public void write(byte[] bytes, int offset, int length) {
            seen.countDown();
          }
        };
    assertThat(ds.stdout(out).run("run", "x").code()).isZero();
  }

  @Test
  void aReaderThatGoesAwayEndsItQuietly() {
    fake.script =
        (command, io) -> {
          while (true) {
            io.out("y\n");
            Thread.sleep(1);
          }
        };
    OutputStream gone =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    Ds.Result result = ds.stdout(gone).run("run", "yes");
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isEqualTo(141);
    assertThat(fake.boxes).isEmpty();
  }

  @Test
  void jsonHoldsEverything() {
    fake.script =
        (command, io) -> {
          io.out("o\u001b[31m\n");
          io.err("\"e\"\\");
          return 4;
        };
    Ds.Result result = ds.run("run", "--json", "x");
    assertThat(result.code()).isEqualTo(4);
    JsonNode json = JsonMapper.shared().readTree(result.out());
    assertThat(json.get("exitCode").asInt()).isEqualTo(4);
    assertThat(json.get("stdout").asString()).isEqualTo("o\u001b[31m\n");
    assertThat(json.get("stderr").asString()).isEqualTo("\"e\"\\");
    assertThat(json.get("timedOut").asBoolean()).isFalse();
    assertThat(json.get("durationMs").asLong()).isEqualTo(7);
    assertThat(json.get("sandboxId").asString()).isEqualTo("fake-1");
    assertThat(json.get("provider").asString()).isEqualTo("fake");
    fake.script = (command, io) -> Script.TIMED_OUT;
    json = JsonMapper.shared().readTree(ds.run("run", "--json", "x").out());
    assertThat(json.get("timedOut").asBoolean()).isTrue();
    assertThat(json.get("exitCode").asInt()).isEqualTo(124);
  }

  @Test
  void withoutACommandOnATerminalItSaysHowToUseIt() {
    Ds.Result result = ds.terminals(true, true, true).run("run");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .isEqualTo(
            """
            ❌ No command provided. Use:
              - ds run 'command'
              - ds run --file script.py
              - echo 'code' | ds run --lang python
            """);
    assertThat(fake.made).isEmpty();
  }

  @Test
  void theFileComesBeforeTheCommandAndTheCommandBeforeStdin(@TempDir Path directory)
      throws IOException {
    Files.writeString(directory.resolve("a.py"), "print(1)");
    ds.directory(directory).stdin("from stdin").run("run", "-f", "a.py", "a command");
    assertThat(fake.made.getFirst().files.codes()).isEqualTo(Map.of("a.py", "print(1)"));
    ds.run("run", "a command");
    assertThat(fake.lastCommand().argv()).containsExactly("/bin/sh", "-c", "a command");
    assertThat(fake.made.get(1).files.codes()).isEmpty();
  }

  @Test
  void codeFromStdinIsRunInItsLanguageAndLeavesNoStdin() {
    String code = "print('it''s')\nEOF\n\"\"\"'''\n";
    assertThat(ds.stdin(code).run("run", "--lang", "python").code()).isZero();
    assertThat(fake.made.getFirst().files.codes()).isEqualTo(Map.of("main.py", code));
    assertThat(fake.made.getFirst().files.present).as("cleaned up").isEmpty();
    assertThat(fake.made.getFirst().spec.language()).contains("python");
    assertThat(fake.lastCommand().stdinOpen()).isFalse();
  }

  @Test
  void codeOfNoLanguageIsShell() {
    Ds.Result result = ds.stdin("echo hi\n").run("run");
    assertThat(result.err()).isEmpty();
    assertThat(fake.lastCommand().argv().getFirst()).isEqualTo("/bin/sh");
  }

  @Test
  void anUnknownLanguageIsSaidAndAShebangHonoured(@TempDir Path directory) throws IOException {
    Ds.Result result = ds.stdin("#!/usr/bin/env  perl -w \nprint 1").run("run", "--lang", "perl6");
    assertThat(result.err()).isEqualTo("⚠️  Unknown language 'perl6', executing code as-is\n");
    assertThat(fake.lastCommand().argv().subList(0, 2))
        .isEqualTo(List.of("/usr/bin/env", "perl -w"));
    Files.writeString(directory.resolve("a.xyz"), "echo");
    result = ds.directory(directory).run("run", "-f", "a.xyz");
    assertThat(result.err()).isEqualTo("⚠️  Unknown language 'xyz', executing code as-is\n");
    Files.writeString(directory.resolve("script"), "#!/usr/bin/perl\n");
    result = ds.run("run", "-f", "script");
    assertThat(result.err()).isEmpty();
    assertThat(fake.lastCommand().argv().getFirst()).isEqualTo("/usr/bin/perl");
  }

  @Test
  void aSourceOfAMegabyteIsNotChanged(@TempDir Path directory) throws IOException {
    byte[] bytes = new byte[1 << 20];
    new Random(3).nextBytes(bytes);
    Files.write(directory.resolve("big.js"), bytes);
    ds.directory(directory).run("run", "--file", "big.js");
    assertThat(fake.made.getFirst().files.written.values()).containsExactly(bytes);
  }

  @Test
  void goDependenciesAreUploadedBesideTheCode(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("tool.go"), "package main");
    Files.writeString(directory.resolve("go.mod"), "module app");
    Files.writeString(directory.resolve("go.sum"), "sums");
    ds.directory(directory).run("run", "-f", "tool.go", "--deps");
    assertThat(fake.made.getFirst().files.codes())
        .isEqualTo(Map.of("main.go", "package main", "go.mod", "module app", "go.sum", "sums"));
    assertThat(fake.lastCommand().argv().get(2)).contains("go mod download").contains("go run .");
    ds.stdin("package stdin").run("run", "--lang", "go", "--deps");
    assertThat(fake.made.get(1).files.codes())
        .isEqualTo(Map.of("main.go", "package stdin", "go.mod", "module app", "go.sum", "sums"));
    ds.run("run", "-f", "tool.go");
    assertThat(fake.made.get(2).files.codes()).containsOnlyKeys("tool.go");
  }

  @Test
  void verboseSaysWhichProviderAndWhy() {
    Ds.Result result = ds.run("run", "-v", "true");
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("dunes: provider fake (registered first)")
        .contains("dunes: sandbox fake-1 at fake ready in ")
        .contains("dunes: the command ended with exit code 0 after 7 ms");
  }

  @Test
  void whatASandboxWritesIsNotChangedEvenIfItSteersTheTerminal() {
    fake.script = Script.printing("\033]0;title\007\u009b31m\u0000");
    Ds.Result result = ds.terminals(true, true, true).run("run", "x");
    assertThat(result.bytes())
        .isEqualTo("\033]0;title\007\u009b31m\u0000".getBytes(StandardCharsets.UTF_8));
  }
}
