package dev.dunes.bench;

import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A large file in and out. */
final class FilesScenario implements Scenario {
  static final String WRITE = "write";
  static final String READ = "read";
  static final String UPLOAD = "upload a local file";
  static final String DOWNLOAD = "download to a local file";
  private static final int MEBIBYTE = 1 << 20;
  private static final int FULL = 256;
  private static final int QUICK = 16;
  private static final String FILE = "/workspace/large";

  @Override
  public String name() {
    return "files";
  }

  @Override
  public String title() {
    return "Files";
  }

  @Override
  public String method() {
    return "One file of 256 MiB of random bytes in `/workspace`, which is a directory on this machine's disk, written and not synced: through"
        + " `SandboxFiles` streams with a 1 MiB buffer, or `upload` and `download`; beside it `cat` in plain bubblewrap with the bytes going through its"
        + " pipes, and `docker cp`. 1 MB = 10⁶ bytes.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(BubblewrapEngine.NAME);
    byte[] block = new byte[MEBIBYTE];
    new Random(1).nextBytes(block);
    int blocks = bench.options().quick() ? QUICK : FULL;
    Path local = bench.scratch().resolve("large");
    try (OutputStream file = Files.newOutputStream(local)) {
      write(file, block, blocks);
    }
    try (Sandbox sandbox = bench.provider().create(DunesEngine.SPEC)) {
      int warmUp = bench.options().quick() ? 0 : 2;
      for (int round = -warmUp; round < bench.rounds(20, 1); round++) {
        SeriesBuilder target = round < 0 ? new SeriesBuilder(BubblewrapEngine.NAME) : series;
        dunes(sandbox.files(), block, blocks, local, target);
        plain(bench, block, blocks, target);
      }
    }
    for (Engine engine : bench.engines()) {
      if (engine instanceof DockerEngine docker) {
        docker(docker, bench.rounds(5, 1), blocks, local, series);
      }
    }
    Files.delete(local);
    return series.build();
  }

  private static void dunes(
      SandboxFiles files, byte[] block, int blocks, Path local, SeriesBuilder series)
      throws IOException {
    long start = System.nanoTime();
    try (OutputStream file = files.write(FILE, WriteOptions.DEFAULT)) {
      write(file, block, blocks);
    }
    add(series, WRITE, DunesEngine.NAME, blocks, start);
    start = System.nanoTime();
    try (InputStream file = files.read(FILE)) {
      readAll(file, blocks);
    }
    add(series, READ, DunesEngine.NAME, blocks, start);
    files.remove(FILE);

    start = System.nanoTime();
    files.upload(local, FILE);
    add(series, UPLOAD, DunesEngine.NAME, blocks, start);
    Path back = local.resolveSibling("back");
    start = System.nanoTime();
    files.download(FILE, back);
    add(series, DOWNLOAD, DunesEngine.NAME, blocks, start);
    if (Files.mismatch(local, back) >= 0) {
      throw new IOException("the file that came back is not the one that was sent");
    }
    Files.delete(back);
    files.remove(FILE);
  }

  /** Both directions in one place, which is there before the clock starts. */
  private static void plain(Bench bench, byte[] block, int blocks, SeriesBuilder series)
      throws IOException, InterruptedException {
    long bytes = (long) blocks * MEBIBYTE;
    BubblewrapEngine.LiveCell cell =
        bench
            .bubblewrap()
            .start(
                "/bin/sh",
                "-c",
                "echo; head -c " + bytes + " > " + FILE + "; echo; read go; cat " + FILE);
    try {
      InputStream output = cell.process().getInputStream();
      OutputStream input = cell.process().getOutputStream();
      expectLine(output);
      long start = System.nanoTime();
      write(input, block, blocks);
      input.flush();
      expectLine(output);
      add(series, WRITE, BubblewrapEngine.NAME, blocks, start);
      start = System.nanoTime();
      input.write('\n');
      input.flush();
      readAll(output, blocks);
      add(series, READ, BubblewrapEngine.NAME, blocks, start);
      cell.process().waitFor(10, TimeUnit.SECONDS);
    } finally {
      cell.remove();
    }
  }

  private static void docker(
      DockerEngine docker, int rounds, int blocks, Path local, SeriesBuilder series)
      throws IOException, InterruptedException {
    DockerEngine.Container container = docker.open();
    try {
      for (int round = 0; round < rounds; round++) {
        long start = System.nanoTime();
        container.copyIn(local);
        add(series, UPLOAD, DockerEngine.NAME, blocks, start);
        Path back = local.resolveSibling("back");
        start = System.nanoTime();
        container.copyOut(local.getFileName().toString(), back);
        add(series, DOWNLOAD, DockerEngine.NAME, blocks, start);
        Files.delete(back);
      }
    } finally {
      container.remove();
    }
  }

  private static void add(
      SeriesBuilder series, String measure, String engine, int blocks, long start) {
    double seconds = (System.nanoTime() - start) / 1e9;
    series.add(
        measure, engine, Unit.MEGABYTES_PER_SECOND, (double) blocks * MEBIBYTE / 1e6 / seconds);
  }

  private static void write(OutputStream file, byte[] block, int blocks) throws IOException {
    for (int i = 0; i < blocks; i++) {
      file.write(block);
    }
  }

  private static void readAll(InputStream file, int blocks) throws IOException {
    byte[] buffer = new byte[MEBIBYTE];
    long bytes = 0;
    for (int n = file.read(buffer); n >= 0; n = file.read(buffer)) {
      bytes += n;
    }
    if (bytes != (long) blocks * MEBIBYTE) {
      throw new IOException("read " + bytes + " bytes instead of " + blocks + " MiB");
    }
  }

  private static void expectLine(InputStream output) throws IOException {
    if (output.read() != '\n') {
      throw new IOException("plain bubblewrap did not answer");
    }
  }
}
