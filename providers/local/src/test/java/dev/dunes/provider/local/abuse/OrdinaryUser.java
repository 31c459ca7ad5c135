package dev.dunes.provider.local.abuse;

import dev.dunes.sandbox.Sandbox;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A JVM of a user without any rights, as most people's own machines are used. Only root can start
 * it.
 */
final class OrdinaryUser implements AutoCloseable {
  /** In the environment of that JVM and nowhere else. */
  private static final String CANARY = "DUNES_TEST_CANARY";

  private final Path base;
  private final Process process;

  /** Runs {@link #main} under a user id that nobody has. */
  OrdinaryUser(String task) throws IOException {
    this.base = Files.createTempDirectory(Path.of("/tmp"), "dunes-test-");
    Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> command =
        new ArrayList<>(
            Ground.as(ThreadLocalRandom.current().nextInt(1_900_000_000, 1_900_060_000)));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-Dslf4j.internal.verbosity=ERROR"));
    command.addAll(List.of("-cp", readableClassPath(), OrdinaryUser.class.getName(), task));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().put(CANARY, "x".repeat(200) + base.getFileName());
    builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    builder.environment().put("LC_ALL", "C.UTF-8");
    this.process = builder.start();
  }

  /** The class path, copied to where everyone can read it. */
  private String readableClassPath() throws IOException {
    List<String> copies = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (Files.exists(Path.of(entry))) {
        String copy = base.resolve(Integer.toString(copies.size())).toString();
        Ground.run(List.of("cp", "-rL", entry, copy));
        copies.add(copy);
      }
    }
    Ground.run(List.of("chmod", "-R", "a+rX", base.toString()));
    return String.join(File.pathSeparator, copies);
  }

  /** The next line it says. */
  String line() throws IOException {
    String line = process.inputReader().readLine();
    if (line == null) {
      throw new AssertionError("the other JVM ended");
    }
    return line;
  }

  /** What it found when it attempted everything. */
  static List<Confinement.Outcome> attempt() throws IOException {
    List<Confinement.Outcome> outcomes = new ArrayList<>();
    try (OrdinaryUser user = new OrdinaryUser("attempt")) {
      List<String> lines = user.process.inputReader().lines().toList();
      for (String line : lines) {
        String[] fields = line.split("\t", -1);
        if (fields.length != 6) {
          throw new AssertionError("the other JVM said:\n" + String.join("\n", lines));
        }
        outcomes.add(
            new Confinement.Outcome(
                fields[0], answer(fields[1], fields[2]), fields[3], answer(fields[4], fields[5])));
      }
    }
    return outcomes;
  }

  private static Answer answer(String verdict, String detail) {
    return new Answer(Answer.Verdict.valueOf(verdict), detail);
  }

  /** Lets it end by itself, which ends its sandboxes. */
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    process.onExit().join();
    Ground.run(List.of("rm", "-rf", "--one-file-system", base.toString()));
  }

  /** What that JVM runs. */
  public static void main(String[] arguments) throws IOException {
    try (Ground ground = Ground.open()) {
      switch (arguments[0]) {
        case "attempt" -> attempt(ground);
        case "hold" -> hold(ground);
        default -> throw new IllegalArgumentException(arguments[0]);
      }
    }
  }

  private static void attempt(Ground ground) throws IOException {
    try (Confinement confinement = new Confinement(ground)) {
      for (Confinement.Outcome each : confinement.attempt()) {
        System.out.printf(
            "%s\t%s\t%s\t%s\t%s\t%s%n",
            each.probe(),
            each.inside().verdict(),
            each.inside().detail(),
            each.control(),
            each.outside().verdict(),
            each.outside().detail());
      }
    }
  }

  /** Keeps a sandbox that has opened all it can to others; says where it is. */
  private static void hold(Ground ground) throws IOException {
    try (Sandbox sandbox = ground.create()) {
      Ground.said(sandbox.exec(OtherUsersTest.OPEN_UP));
      System.out.println(ground.directory(sandbox));
      System.in.read();
    }
  }
}
