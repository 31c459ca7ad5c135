package dev.dunes.provider.local.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Nothing that a process can attempt from inside reaches the host, by the user who runs the tests
 * and by an ordinary one.
 */
class ConfinementTest {
  @TestFactory
  Stream<DynamicTest> nothingReachesTheHost() throws IOException {
    try (Ground ground = Ground.open();
        Confinement confinement = new Confinement(ground)) {
      return tests(confinement.attempt());
    }
  }

  @TestFactory
  Stream<DynamicTest> nothingReachesTheHostOfAnOrdinaryUser() throws IOException {
    Ground.assumeRoot();
    return tests(OrdinaryUser.attempt());
  }

  @TestFactory
  Stream<DynamicTest> nothingReachesTheHostFromCrun() throws IOException {
    return withRuntime("crun");
  }

  @TestFactory
  Stream<DynamicTest> nothingReachesTheHostFromRunc() throws IOException {
    return withRuntime("runc");
  }

  private static Stream<DynamicTest> withRuntime(String runtime) throws IOException {
    try (Ground ground = Ground.open(runtime);
        Confinement confinement = new Confinement(ground)) {
      return tests(confinement.attempt());
    }
  }

  private static Stream<DynamicTest> tests(List<Confinement.Outcome> outcomes) {
    assertThat(outcomes).isNotEmpty();
    return outcomes.stream()
        .map(outcome ->
            DynamicTest.dynamicTest(
                outcome.probe(),
                () -> {
                  assertThat(outcome.inside().refused())
                      .as("inside: %s", outcome.inside())
                      .isTrue();
                  assertThat(outcome.outside().open())
                      .as("control, %s: %s", outcome.control(), outcome.outside())
                      .isTrue();
                }));
  }
}
