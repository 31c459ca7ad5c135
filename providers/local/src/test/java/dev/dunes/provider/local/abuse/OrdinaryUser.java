package dev.dunes.provider.local.abuse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** The same attempts in a JVM of a user without any rights, as most people's own machines are used. */
final class OrdinaryUser {
  /** In the environment of that JVM and nowhere else. */
  private static final String CANARY = "DUNES_TEST_CANARY";

  private OrdinaryUser() {}

  /** Starts that JVM and reads what it found. Only for root. */
  static List<Confinement.Outcome> attempt() throws IOException {
    Path base = Files.createTempDirectory(Path.of("/tmp"), "dunes-test-");
    try {
      Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
      return parse(run(base));
    } finally {
      Ground.run(List.of("rm", "-rf", "--one-file-system", base.toString()));
    }
  }

  private static String run(Path base) throws IOException {
    int uid = ThreadLocalRandom.current().nextInt(1_900_000_000, 1_900_060_000); // nobody's
    List<String> command = new ArrayList<>(Ground.as(uid));
    command.add("env");
    command.add(CANARY + "=" + "x".repeat(200) + base.getFileName());
    command.add("HOME=/nonexistent");
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Dslf4j.internal.verbosity=ERROR"));
    command.addAll(List.of("-cp", readable(base), OrdinaryUser.class.getName()));
    return Ground.run(command);
  }

  /** The class path, copied to where everyone can read it. */
  private static String readable(Path base) throws IOException {
    List<String> copies = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
      if (Files.exists(Path.of(entry))) {
        String copy = base.resolve(Integer.toString(copies.size())).toString();
        Ground.run(List.of("cp", "-rL", entry, copy));
        copies.add(copy);
      }
    }
    Ground.run(List.of("chmod", "-R", "a+rX", base.toString()));
    return String.join(java.io.File.pathSeparator, copies);
  }

  private static List<Confinement.Outcome> parse(String output) {
    List<Confinement.Outcome> outcomes = new ArrayList<>();
    for (String line : output.split("\n")) {
      String[] fields = line.split("\t", -1);
      if (fields.length != 6) {
        throw new AssertionError("the other JVM said: " + output);
      }
      outcomes.add(new Confinement.Outcome(fields[0], answer(fields[1], fields[2]), fields[3], answer(fields[4], fields[5])));
    }
    return outcomes;
  }

  private static Answer answer(String verdict, String detail) {
    return new Answer(Answer.Verdict.valueOf(verdict), detail);
  }

  /** What that JVM runs. */
  public static void main(String[] arguments) throws IOException {
    try (Ground ground = Ground.open();
        Confinement confinement = new Confinement(ground)) {
      for (Confinement.Outcome each : confinement.attempt()) {
        System.out.printf(
            "%s\t%s\t%s\t%s\t%s\t%s%n",
            each.probe(), each.inside().verdict(), each.inside().detail(), each.control(), each.outside().verdict(), each.outside().detail());
      }
    }
  }
}
