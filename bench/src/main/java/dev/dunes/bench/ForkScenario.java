package dev.dunes.bench;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Snapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Another sandbox with the same files. */
final class ForkScenario implements Scenario {
  static final String FORK = "fork a live sandbox, run /bin/true in it";
  static final String SNAPSHOT = "take a snapshot";
  static final String FURTHER = "another one from that snapshot, run /bin/true";
  private static final String COPY = "cp -a";
  private static final int FILES = 1000;
  private static final int QUICK_FILES = 50;

  @Override
  public String name() {
    return "fork";
  }

  @Override
  public String title() {
    return "Fork";
  }

  @Override
  public String method() {
    return "A sandbox with 100 MiB in 1000 files in `/workspace`. `fork()` saves its files and starts from them; further ones from the same snapshot"
        + " share what was saved. Beside it `cp -a` of the same files on the same file system, and nothing started.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(COPY);
    int files = bench.options().quick() ? QUICK_FILES : FILES;
    try (Sandbox sandbox = bench.provider().create(DunesEngine.SPEC)) {
      fill(sandbox, files);
      Path source =
          bench
              .state()
              .resolve(sandbox.provider())
              .resolve(sandbox.id())
              .resolve("upper/workspace");
      int warmUp = bench.options().quick() ? 0 : 2;
      for (int round = -warmUp; round < bench.rounds(20, 2); round++) {
        round(bench, sandbox, files, source, round < 0 ? new SeriesBuilder(COPY) : series);
      }
    }
    return series.build();
  }

  private static void round(
      Bench bench, Sandbox sandbox, int files, Path source, SeriesBuilder series)
      throws IOException, InterruptedException {
    Path target = bench.scratch().resolve("copy");
    long start = System.nanoTime();
    Programs.run(List.of("/bin/cp", "-a", source.toString(), target.toString()));
    series.addSince(FORK, COPY, start);
    Trees.delete(target);

    start = System.nanoTime();
    Sandbox fork = sandbox.fork();
    try {
      DunesEngine.execTrue(fork);
      series.addSince(FORK, DunesEngine.NAME, start);
      check(fork, files);
    } finally {
      fork.destroy();
    }

    start = System.nanoTime();
    Snapshot snapshot = sandbox.snapshot();
    series.addSince(SNAPSHOT, DunesEngine.NAME, start);
    try {
      SandboxSpec same = DunesEngine.SPEC.toBuilder().image(snapshot.image()).build();
      start = System.nanoTime();
      Sandbox further = bench.provider().create(same);
      try {
        DunesEngine.execTrue(further);
        series.addSince(FURTHER, DunesEngine.NAME, start);
        check(further, files);
      } finally {
        further.destroy();
      }
    } finally {
      sandbox.forking().orElseThrow().deleteSnapshot(snapshot.id());
    }
  }

  private static void fill(Sandbox sandbox, int files) throws IOException {
    String line =
        "set -e; mkdir d; i=0; while [ $i -lt %d ]; do head -c 104857 /dev/urandom > d/$i; i=$((i+1)); done"
            .formatted(files);
    ExecResult result = sandbox.exec(Command.shell(line));
    if (!result.success()) {
      throw new IOException("cannot make files: " + result.stderr());
    }
    check(sandbox, files);
  }

  private static void check(Sandbox sandbox, int files) throws IOException {
    String found = sandbox.exec("ls /workspace/d | wc -l").stdout().strip();
    if (!found.equals(Integer.toString(files))) {
      throw new IOException("the fork has " + found + " files instead of " + files);
    }
  }
}
