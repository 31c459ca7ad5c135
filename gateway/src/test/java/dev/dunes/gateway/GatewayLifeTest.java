package dev.dunes.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a gateway begins and ends. */
class GatewayLifeTest {
  @TempDir Path directory;

  @Test
  void socketsArePrivateAndGoAway() throws Exception {
    try (GatewayFixture fixture =
        new GatewayFixture(options -> options.parentDirectory(directory))) {
      Path socket = fixture.gateway.socket();
      Path proxy = fixture.gateway.proxySocket();
      assertThat(Files.getPosixFilePermissions(socket.getParent()))
          .isEqualTo(PosixFilePermissions.fromString("rwx------"));
      for (Path each : new Path[] {socket, proxy}) {
        assertThat(Files.getPosixFilePermissions(each))
            .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      }
      assertThat(fixture.gateway.address()).isEmpty();
      assertThat(fixture.gateway.proxyAddress()).isEmpty();
    }
    assertThat(directory.toFile().list()).isEmpty();
  }

  @Test
  void aPathThatIsTooLongIsRefusedAndLeavesNothing() throws Exception {
    Path deep = Files.createDirectories(directory.resolve("d".repeat(100)));
    assertThatThrownBy(() -> Gateway.open(GatewayOptions.builder().parentDirectory(deep).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("107");
    assertThat(deep.toFile().list()).isEmpty();
  }

  @Test
  void closingLetsAnswersFinish() throws Exception {
    CountDownLatch closing = new CountDownLatch(1);
    try (FakeProvider provider =
        FakeProvider.answering((asked, connection) -> {
          FakeProvider.beginStream(connection);
          FakeProvider.chunk(connection, "data: 1\n\n");
          if (closing.await(10, TimeUnit.SECONDS)) {
            FakeProvider.chunk(connection, "data: 2\n\n");
            FakeProvider.endStream(connection);
          }
        })) {
      GatewayFixture fixture = new GatewayFixture();
      GatewayLease lease = fixture.anthropic(provider.base());
      try (RawClient client = fixture.client()) {
        client.send(RawClient.post("/v1/messages", lease.token(), "{}"));
        client.until("data: 1\n\n\r\n");
        Thread closer = Thread.ofVirtual().start(fixture::close);
        closing.countDown();
        assertThat(client.chunk()).isEqualTo("data: 2\n\n");
        assertThat(client.chunk()).isEmpty();
        assertThat(closer.join(Duration.ofSeconds(20))).isTrue();
      }
      assertThatThrownBy(() -> fixture.anthropic(provider.base()))
          .isInstanceOf(IllegalStateException.class);
      fixture.close();
      assertThat(fixture.gateway.socket()).doesNotExist();
    }
  }

  @Test
  void aListenerThatFailsOrCallsBackHarmsNothing() throws Exception {
    try (GatewayFixture fixture = new GatewayFixture();
        FakeProvider provider = FakeProvider.saying(200, "application/json", "{}")) {
      CountDownLatch twice = new CountDownLatch(2);
      GatewayLease lease =
          fixture.gateway.lease(
              LeaseSpec.builder("r")
                  .upstream(GatewayFixture.anthropicAt(provider.base()))
                  .listener(event -> {
                    twice.countDown();
                    throw new IllegalStateException("of the test");
                  })
                  .build());
      fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      assertThat(twice.await(10, TimeUnit.SECONDS)).isTrue();
      lease.close();
    }
  }

  @Test
  void aRuleThatCannotBeMakesNoLease() {
    try (GatewayFixture fixture = new GatewayFixture()) {
      assertThatThrownBy(
              () -> fixture.lease(spec -> spec.egress(new EgressPolicy(List.of("not a rule")))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("not a rule");
    }
  }

  @Test
  void tokensAreLongAndNeverTheSame() {
    try (GatewayFixture fixture = new GatewayFixture();
        GatewayLease one = fixture.lease(spec -> spec);
        GatewayLease two = fixture.lease(spec -> spec)) {
      assertThat(one.token()).matches("dunes-[A-Za-z0-9_-]{43}").isNotEqualTo(two.token());
      assertThat(one.toString()).doesNotContain(one.token());
      assertThat(one.runId()).isEqualTo("run00001");
    }
  }
}
