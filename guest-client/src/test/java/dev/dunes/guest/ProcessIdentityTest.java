package dev.dunes.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProcessIdentityTest {
  @Test
  void knowsItself() {
    ProcessIdentity self = ProcessIdentity.current();
    assertThat(self.pid()).isEqualTo(ProcessHandle.current().pid());
    assertThat(self.isAlive()).isTrue();
    assertThat(ProcessIdentity.parse(self.toString())).contains(self);
  }

  @Test
  void aProcessThatOnlySharesTheNumberIsAnother() {
    ProcessIdentity self = ProcessIdentity.current();
    assertThat(new ProcessIdentity(self.pid(), self.startTicks() + 1, self.boot()).isAlive())
        .isFalse();
    assertThat(new ProcessIdentity(self.pid(), self.startTicks(), "another boot").isAlive())
        .isFalse();
  }

  @Test
  void killsOnlyWhatItNames() throws Exception {
    Process sleeper = new ProcessBuilder("sleep", "60").start();
    try {
      ProcessIdentity identity = ProcessIdentity.of(sleeper.pid()).orElseThrow();
      new ProcessIdentity(identity.pid(), identity.startTicks() + 1, identity.boot()).kill();
      assertThat(identity.isAlive()).isTrue();
      assertThat(identity.awaitEnd(Duration.ofMillis(1))).isFalse();

      identity.kill();

      assertThat(identity.awaitEnd(Duration.ofSeconds(10))).isTrue();
      assertThat(sleeper.waitFor()).isEqualTo(137);
    } finally {
      sleeper.destroyForcibly();
    }
  }

  @Test
  void textThatIsNoIdentityIsNone() {
    assertThat(ProcessIdentity.parse("")).isEmpty();
    assertThat(ProcessIdentity.parse("1:2")).isEmpty();
    assertThat(ProcessIdentity.parse("x:2:boot")).isEmpty();
  }
}
