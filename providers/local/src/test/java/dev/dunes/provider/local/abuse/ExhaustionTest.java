package dev.dunes.provider.local.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What a sandbox takes of memory, processes, disk and descriptors ends at its own limits. The
 * control: up to there it can.
 */
class ExhaustionTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Ground ground = Ground.open(runtime());

  /** What builds the sandboxes. */
  String runtime() {
    return "bwrap";
  }

  @AfterEach
  void close() {
    ground.close();
  }

  /** A sandbox with limits; the test is skipped where the kernel cannot keep them. */
  private Sandbox limited(SandboxSpec.Builder spec) {
    try {
      return ground.create(spec);
    } catch (IsolationUnavailableException e) {
      Assumptions.abort("skipped: " + e.getMessage());
      throw e;
    }
  }

  private static ExecResult python(Sandbox sandbox, String program) {
    return sandbox.exec(Command.builder(Ground.PYTHON, "-I", "-c", program).timeout(LIMIT).build());
  }

  @Test
  void aForkBombMeetsTheProcessLimitAndTheSandboxStillAnswersAndEnds() throws IOException {
    try (Sandbox sandbox = limited(SandboxSpec.builder().maxProcesses(40))) {
      String bomb =
          """
          import os, signal
          count = 0
          try:
              while count < 200:
                  if os.fork() == 0:
                      signal.pause()
                  count += 1
          except OSError as refused:
              print(count, refused.errno, flush=True)
          signal.pause()
          """;
      try (var running = sandbox.start(Command.builder(Ground.PYTHON, "-I", "-c", bomb).build())) {
        String[] said = line(running.stdout()).split(" ");
        assertThat(Integer.parseInt(said[0])).as("control: many were made").isBetween(20, 44);
        assertThat(said[1]).as("then EAGAIN").isEqualTo("11");
        // the guest itself needs no new process for these
        assertThat(sandbox.metrics().processes()).isBetween(20, 44);
        sandbox.files().write("/workspace/still", "here");
        assertThat(sandbox.files().readText("/workspace/still")).isEqualTo("here");
        assertThat(Ground.run(List.of("echo", "the host makes processes"))).contains("the host");
        Throwable another =
            catchThrowableOfType(SandboxException.class, () -> sandbox.exec(Command.of("true")));
        assertThat(another == null || another instanceof SandboxException).isTrue();
      }
      // closing the command has ended its tree
      Ground.eventually("processes can be made again", () -> works(sandbox));
      assertThat(sandbox.destroy()).isTrue();
    }
  }

  private static boolean works(Sandbox sandbox) {
    try {
      return sandbox.exec(Command.of("true")).success();
    } catch (SandboxException e) {
      return false;
    }
  }

  private static String line(java.io.InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      line.append((char) c);
    }
    return line.toString();
  }

  @Test
  void aSandboxFullOfAForkBombCanBeDestroyed() throws IOException {
    Sandbox sandbox = limited(SandboxSpec.builder().maxProcesses(40));
    String bomb =
        "import os\nprint('lit', flush=True)\nwhile True:\n    try: os.fork()\n    except OSError: pass\n";
    var running =
        sandbox.start(Command.builder(Ground.PYTHON, "-I", "-c", bomb).detached().build());
    assertThat(line(running.stdout())).isEqualTo("lit");
    assertThat(sandbox.destroy()).isTrue();
    assertThat(ground.directory(sandbox)).doesNotExist();
    assertThat(
            Ground.run(
                List.of(
                    "sh", "-c", "ls -d /sys/fs/cgroup/*/dunes/*-" + sandbox.id() + " 2>/dev/null")))
        .isEmpty();
  }

  /** It takes no room inside, and would fill the disk of whoever fetches it. */
  @Test
  void aSparseFileOfATerabyteStopsAtTheBoundOfItsDownload() throws IOException {
    try (Sandbox sandbox = ground.create()) {
      Ground.said(
          sandbox.exec(
              "mkdir t; echo small > t/small; cd t; truncate -s 1T big || truncate -s 8G big"));
      Path target = ground.base().resolve("fetched");
      for (long bound : new long[] {0, 1, 1 << 20}) {
        assertThatThrownBy(() -> sandbox.files().download("/workspace/t/big", target, bound))
            .isInstanceOfSatisfying(
                SandboxFileException.class,
                e -> assertThat(e.reason()).isEqualTo(SandboxFileException.Reason.TOO_LARGE));
        assertThat(target).doesNotExist();
      }
      assertThatThrownBy(() ->
              sandbox.files().downloadTree("/workspace/t", ground.base().resolve("tree"), 1 << 20))
          .isInstanceOfSatisfying(
              SandboxFileException.class,
              e -> assertThat(e.reason()).isEqualTo(SandboxFileException.Reason.TOO_LARGE));
      try (Stream<Path> parts = Files.list(ground.base())) {
        assertThat(parts).noneMatch(path -> path.toString().endsWith(".part"));
      }
      sandbox.files().download("/workspace/t/small", target, 6);
      assertThat(target).as("control: exactly as large as allowed").hasContent("small");
      assertThatThrownBy(() -> sandbox.files().download("/workspace/t/small", target, 5))
          .isInstanceOf(SandboxFileException.class);
      assertThat(target).as("as it was").hasContent("small");
      Ground.said(sandbox.exec("rm t/big"));
      sandbox.files().downloadTree("/workspace/t", ground.base().resolve("tree"), 1 << 20);
      assertThat(ground.base().resolve("tree/small")).as("control").hasContent("small");
    }
  }

  @Test
  void aMemoryBombIsKilledReportedAndTheSandboxGoesOn() {
    try (Sandbox sandbox = limited(SandboxSpec.builder().memoryMb(64))) {
      ExecResult within = python(sandbox, "held = b'x' * (24 << 20); print(len(held))");
      assertThat(within.stdout().strip())
          .as("control: less than the limit can be had")
          .isEqualTo(Integer.toString(24 << 20));
      ExecResult bomb = python(sandbox, "held = []\nwhile True: held.append(b'x' * (1 << 20))");
      assertThat(bomb.exitCode()).isEqualTo(137);
      assertThat(bomb.outOfMemory()).isTrue();
      ExecResult after = sandbox.exec("echo on");
      assertThat(after.stdout()).isEqualTo("on\n");
      assertThat(after.outOfMemory()).isFalse();
    }
  }

  /** Pages of a tmpfs outlive the process that filled them, so they must count as the sandbox's. */
  @Test
  void filesInMemoryCountAsMemory() {
    try (Sandbox sandbox = limited(SandboxSpec.builder().memoryMb(64))) {
      ExecResult within = fill(sandbox, "/tmp/a", 8);
      assertThat(within.stdout()).startsWith("8 ");
      ExecResult bomb = fill(sandbox, "/tmp/b", 200);
      assertThat(bomb.outOfMemory() || !bomb.stdout().startsWith("200 "))
          .as("%s %s", bomb, bomb.stdout())
          .isTrue();
      sandbox.files().remove("/tmp/b");
      assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
    }
  }

  /** Prints how many MiB could be written, and the errno that ended it. */
  private static ExecResult fill(Sandbox sandbox, String path, int mebibytes) {
    String program =
        """
        import os
        count, why, chunk = 0, 0, b'x' * (1 << 16)
        file = os.open('%s', os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            while count < %d * 16:
                os.write(file, chunk)
                count += 1
        except OSError as refused:
            why = refused.errno
        print(count // 16, why)
        """
            .formatted(path, mebibytes);
    return python(sandbox, program);
  }

  @Test
  void everyPlaceInMemoryIsBounded() {
    try (Sandbox sandbox = ground.create()) {
      String program =
          """
          import os
          for line in open('/proc/self/mountinfo'):
              fields = line.split()
              point, options, kind = fields[4], fields[5].split(','), fields[fields.index('-') + 1]
              if kind == 'tmpfs' and 'rw' in options:
                  size = os.statvfs(point)
                  print(point, size.f_blocks * size.f_frsize >> 20)
          """;
      List<String> places = python(sandbox, program).stdout().lines().toList();
      assertThat(places).as("control: these are").contains("/tmp 512", "/dev/shm 128", "/run 16");
      assertThat(places)
          .allSatisfy(place ->
              assertThat(Integer.parseInt(place.split(" ")[1])).as(place).isLessThanOrEqualTo(512));
      assertThat(fill(sandbox, "/run/fill", 64).stdout().strip())
          .as("ENOSPC at 16 MiB")
          .isEqualTo("16 28");
      assertThat(python(sandbox, "open('/dev/fill', 'w')").stderr())
          .contains("Read-only file system");
    }
  }

  @Test
  void aDiskLimitHoldsForBytes() throws IOException {
    Sandbox sandbox = limited(SandboxSpec.builder().diskMb(16));
    try (sandbox) {
      String[] said = fill(sandbox, "/workspace/fill", 64).stdout().strip().split(" ");
      assertThat(Integer.parseInt(said[0])).as("control: most of it can be used").isBetween(8, 16);
      assertThat(said[1]).as("then ENOSPC").isEqualTo("28");
      SandboxFileException full =
          catchThrowableOfType(
              SandboxFileException.class,
              () -> sandbox.files().write("/workspace/more", new byte[4 << 20]));
      assertThat(full.reason()).isEqualTo(SandboxFileException.Reason.NO_SPACE);
      assertThat(bytesOnDisk(ground.directory(sandbox))).as("on the host").isLessThan(20L << 20);
      sandbox.files().remove("/workspace/fill");
      sandbox.files().write("/workspace/more", new byte[1 << 20]);
    }
  }

  @Test
  void aDiskLimitHoldsForFiles() {
    try (Sandbox sandbox = limited(SandboxSpec.builder().diskMb(16))) {
      Assumptions.assumeTrue(
          Ground.root(),
          "skipped: without root the limit is kept in memory, which counts no files");
      String program =
          """
          count = 0
          try:
              while count < 50000:
                  open('/workspace/%d' % count, 'w').close()
                  count += 1
          except OSError as refused:
              print(count, refused.errno)
          """;
      String[] said = python(sandbox, program).stdout().strip().split(" ");
      assertThat(Integer.parseInt(said[0])).isBetween(500, 20_000);
      assertThat(said[1]).as("ENOSPC").isEqualTo("28");
      assertThat(sandbox.exec("rm /workspace/1 && echo on").stdout()).isEqualTo("on\n");
    }
  }

  private static long bytesOnDisk(Path tree) {
    return Long.parseLong(Ground.run(List.of("du", "-sB1", tree.toString())).split("\\s")[0]);
  }

  @Test
  void descriptorsRunOutInsideOnly() {
    try (Sandbox sandbox = ground.create()) {
      String program =
          """
          import os, resource
          soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
          resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), min(hard, 4096)))
          held = []
          try:
              while True:
                  held.append(os.open('/dev/null', os.O_RDONLY))
          except OSError as refused:
              print(len(held) > 200, refused.errno, flush=True)
          import signal
          signal.pause()
          """;
      try (var running =
          sandbox.start(Command.builder(Ground.PYTHON, "-I", "-c", program).build())) {
        assertThat(line(running.stdout())).as("EMFILE").isEqualTo("True 24");
        assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  @Test
  void orphansThatEndAreReaped() {
    try (Sandbox sandbox = ground.create()) {
      String program =
          """
          import os
          for i in range(150):
              pid = os.fork()
              if pid == 0:
                  if os.fork() == 0:
                      os._exit(0)
                  os._exit(0)
              os.waitpid(pid, 0)
          """;
      assertThat(python(sandbox, program).success()).isTrue();
      String dead = "cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z ' || true";
      Ground.eventually("no zombie is left", () -> sandbox.exec(dead).stdout().strip().equals("0"));
      String own =
          "import subprocess, os\npid = os.fork()\nif pid == 0: os._exit(0)\nos.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)\nprint(subprocess.getoutput(\""
              + dead.replace("\"", "\\\"")
              + "\"))";
      assertThat(python(sandbox, own).stdout().strip())
          .as("control: one not waited for is seen")
          .isEqualTo("1");
    }
  }

  @Test
  void deepAndWideTreesGoWithTheSandbox() throws IOException {
    Sandbox sandbox = ground.create();
    String program =
        """
        import os
        for i in range(10000):
            os.close(os.open('/workspace/%d' % i, os.O_CREAT | os.O_WRONLY, 0))
        os.mkdir('/home/user/deep')
        os.chdir('/home/user/deep')
        for i in range(1000):
            os.mkdir('a' * 20)
            os.chdir('a' * 20)
        open('bottom', 'w').close()
        os.chdir('/home/user')
        os.mkdir('locked')
        os.mkdir('locked/inner')
        os.symlink('/', 'locked/root')
        os.mkfifo('locked/fifo')
        os.chmod('locked', 0)
        os.chmod('/workspace', 0)
        """;
    assertThat(python(sandbox, program).success()).isTrue();
    if (Ground.root()) {
      assertThat(ground.upper(sandbox, "workspace").resolve("9999")).as("control").exists();
    }
    sandbox.destroy();
    assertThat(ground.directory(sandbox)).doesNotExist();
    ground.provider().list(Map.of()); // what was destroyed before is deleted then
    try (var left = Files.list(ground.state().resolve("local"))) {
      assertThat(left).isEmpty();
    }
  }
}
