package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * The same tests by a user without any rights, when root runs the build: other ways to keep files,
 * limits and sockets are taken then.
 */
class OrdinaryUserTest {
  private static final List<Class<?>> TESTS =
      List.of(
          ImageTest.class,
          LimitsTest.class,
          ForkTest.class,
          HostMountTest.class,
          VolumeTest.class,
          RelayTest.class,
          EtcViewTest.class,
          LaunchServerTest.class,
          RuntimesTest.class,
          RuncConformanceTest.class,
          LeftoversTest.class,
          DiagnosisTest.class,
          LocalConformanceTest.class);

  private static final String MARK = "@@";

  /** What became of a test there. */
  private record Outcome(String name, String status, String why) {}

  @TestFactory
  @Timeout(300)
  Stream<DynamicTest> byAnOrdinaryUser() throws IOException {
    Local.assumeRoot();
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/setpriv")), "skipped: needs setpriv");
    Path base = Local.temporary();
    try {
      List<Outcome> outcomes = outcomes(base);
      assertThat(outcomes).hasSizeGreaterThan(TESTS.size());
      return outcomes.stream().map(OrdinaryUserTest::test);
    } finally {
      Local.run("rm", "-rf", base.toString());
    }
  }

  private static DynamicTest test(Outcome outcome) {
    return DynamicTest.dynamicTest(
        outcome.name,
        () -> {
          Assumptions.assumeFalse(outcome.status.equals("ABORTED"), outcome.why);
          assertThat(outcome.status).as(outcome.why).isEqualTo("SUCCESSFUL");
        });
  }

  private static List<Outcome> outcomes(Path base) throws IOException {
    String uid =
        Integer.toString(ThreadLocalRandom.current().nextInt(1_900_060_000, 1_900_120_000));
    List<String> command =
        new ArrayList<>(
            List.of(
                "setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "--inh-caps=-all"));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC"));
    command.addAll(
        List.of("-Djava.io.tmpdir=/tmp", "-cp", readable(base), OrdinaryUserTest.class.getName()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(new File("/dev/null")).directory(new File("/"));
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    builder.environment().put("LC_ALL", "C.UTF-8");
    Process process = builder.start();
    List<Outcome> outcomes = new ArrayList<>();
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] fields = line.split("\t", 4);
        if (fields[0].equals(MARK)) {
          outcomes.add(new Outcome(fields[1], fields[2], fields[3]));
        }
      }
    } finally {
      process.destroyForcibly();
    }
    return outcomes;
  }

  /** The class path, copied to where everyone can read it. */
  private static String readable(Path base) throws IOException {
    List<String> copies = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      // the property tests' engine keeps notes in the working directory, which is not this user's
      if (!entry.isEmpty() && Files.exists(Path.of(entry)) && !entry.contains("jqwik")) {
        String copy =
            base.resolve(copies.size() + (Files.isDirectory(Path.of(entry)) ? "" : ".jar"))
                .toString();
        Local.run("cp", "-rL", entry, copy);
        copies.add(copy);
      }
    }
    Local.run("chmod", "-R", "a+rX", base.toString());
    return String.join(File.pathSeparator, copies);
  }

  /** What that JVM runs. */
  public static void main(String[] arguments) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(TESTS.stream().map(test -> selectClass(test)).toList())
            .build();
    LauncherFactory.create().execute(request, new Reporter());
    System.exit(0);
  }

  private static final class Reporter implements TestExecutionListener {
    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (test.isTest() || result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
        String name =
            test.getUniqueId()
                .replaceAll(
                    "\\[engine:[^]]*]/|\\[[a-z-]+:|dev\\.dunes\\.provider\\.local\\.|]", "");
        String why = result.getThrowable().map(OrdinaryUserTest::text).orElse("");
        System.out.println(
            String.join(
                "\t", MARK, name, result.getStatus().toString(), why.replaceAll("\\s+", " ")));
      }
    }
  }

  private static String text(Throwable thrown) {
    StackTraceElement[] trace = thrown.getStackTrace();
    List<String> ours =
        Stream.of(trace)
            .map(StackTraceElement::toString)
            .filter(line -> line.contains("dev.dunes"))
            .limit(5)
            .toList();
    return thrown + " " + String.join(" ", ours);
  }
}
