package dev.dunes.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitsTest {
  private static Limits parse(String yaml) {
    return Limits.parse(yaml.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void anEmptyFileHasTheDocumentedDefaults() {
    for (String empty : new String[] {"", "# nothing\n", "{}", "unknown_key: 1"}) {
      Limits limits = parse(empty);
      assertThat(limits.fromFile()).isTrue();
      assertThat(limits.maxConcurrentAgents()).hasValue(5);
      assertThat(limits.sessionTimeoutSeconds()).hasValue(600);
      assertThat(limits.queueTimeoutSeconds()).isZero();
      assertThat(limits.maxTimeoutSeconds()).isEqualTo(3600);
      assertThat(limits.autoCleanup()).isTrue();
      assertThat(limits.cpus()).isEmpty();
      assertThat(limits.memoryBytes()).isEmpty();
    }
  }

  @Test
  void everyKey() {
    Limits limits =
        parse(
            "max_concurrent_agents: 7\ncpu_limit: \"1.5\"\nmemory_limit: 512m\nsession_timeout_seconds: 30\n"
                + "docker_image: i:1\nnetwork_mode: host\nauto_cleanup: false\npids_limit: 99\n"
                + "queue_timeout_seconds: 10\nmax_timeout_seconds: 100\n");
    assertThat(limits.maxConcurrentAgents()).hasValue(7);
    assertThat(limits.cpus()).hasValue(1.5);
    assertThat(limits.memoryBytes()).hasValue(512L << 20);
    assertThat(limits.sessionTimeoutSeconds()).hasValue(30);
    assertThat(limits.dockerImage()).contains("i:1");
    assertThat(limits.networkMode()).contains("host");
    assertThat(limits.autoCleanup()).isFalse();
    assertThat(limits.pids()).hasValue(99);
    assertThat(limits.queueTimeoutSeconds()).isEqualTo(10);
    assertThat(limits.maxTimeoutSeconds()).isEqualTo(100);
  }

  @ParameterizedTest
  @CsvSource({
    "4gb,4294967296",
    "4g,4294967296",
    "512MB,536870912",
    "9000k,9216000",
    "1.5g,1610612736",
    "10000000,10000000",
    "10000000b,10000000"
  })
  void sizes(String text, long bytes) {
    assertThat(parse("memory_limit: " + text).memoryBytes()).hasValue(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[",
        "- a",
        "max_concurrent_agents: 0",
        "max_concurrent_agents: x",
        "max_concurrent_agents: 1.5",
        "cpu_limit: none",
        "cpu_limit: 0",
        "memory_limit: 4tb",
        "memory_limit: -1g",
        "memory_limit: 1k",
        "session_timeout_seconds: 0",
        "auto_cleanup: maybe",
        "docker_image: 5",
        "pids_limit: 1",
        "queue_timeout_seconds: -1",
        "max_timeout_seconds: 4"
      })
  void whatCannotBeIsRefused(String yaml) {
    assertThatThrownBy(() -> parse(yaml)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void withoutAFileTheProviderDecides() {
    assertThat(Concurrency.limit(Limits.NONE, "docker")).isEqualTo(5);
    assertThat(Concurrency.limit(Limits.NONE, "local")).isGreaterThanOrEqualTo(5);
    assertThat(Concurrency.limit(Limits.NONE, "e2b")).isEqualTo(Integer.MAX_VALUE);
    assertThat(Concurrency.limit(parse("max_concurrent_agents: 2"), "e2b")).isEqualTo(2);
  }
}
