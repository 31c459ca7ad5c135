package dev.dunes.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.gateway.Gateway;
import dev.dunes.gateway.GatewayOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway that opens before anybody asks for it. */
class GatewaysTest {
  @TempDir Path directory;

  private static Path place(Gateway gateway) {
    return Path.of(String.valueOf(gateway.socket().getParent()));
  }

  @Test
  void theExpectedOneIsGivenOnceAndIsItsTakers() {
    try (Gateways gateways = new Gateways()) {
      gateways.expect();
      Gateway first = gateways.open(GatewayOptions.defaults());
      Gateway second = gateways.open(GatewayOptions.defaults());
      assertThat(place(second)).isNotEqualTo(place(first));
      gateways.close();
      assertThat(place(first)).isDirectory();
      first.close();
      second.close();
      assertThat(place(first)).doesNotExist();
    }
  }

  @Test
  void otherOptionsGetAnotherOne() throws IOException {
    GatewayOptions elsewhere = GatewayOptions.builder().parentDirectory(directory).build();
    try (Gateways gateways = new Gateways()) {
      gateways.expect();
      try (Gateway gateway = gateways.open(elsewhere)) {
        assertThat(place(gateway).getParent()).isEqualTo(directory);
      }
    }
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void nothingIsLeftWhenTheOptionsWereWrong() throws Exception {
    List<String> command = new ArrayList<>(DsProcess.command());
    command.add(1, "-Djava.io.tmpdir=" + directory);
    command.addAll(List.of("query", "--no-such-option", "hello"));
    DsProcess ds = new DsProcess(directory.resolve("state"), directory, "local");
    Process process = ds.start(command, Map.of());
    String said = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isEqualTo(2);
    assertThat(said).contains("--no-such-option");
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left.map(Path::getFileName).map(Path::toString)).noneMatch(GatewaysTest::isOurs);
    }
  }

  private static boolean isOurs(String name) {
    return name.startsWith("dunes-gw-");
  }
}
