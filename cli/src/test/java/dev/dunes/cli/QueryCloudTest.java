package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.scripted.ScriptedModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ds -p e2b "prompt"}: the real agent in a sandbox that is reached over E2B's wire alone.
 * The other side is a server of ours whose sandboxes reach this host's loopback, as a vendor's
 * reach an address that leads here.
 */
class QueryCloudTest {
  private static final String KEY = "e2b_0123456789abcdef0123456789abcdef01234567";

  /** As long as this JVM: when a test is tried again, the class begins anew in it. */
  private static final ScriptedModel MODEL = ScriptedModel.start();

  private static final List<Process> SERVERS = new ArrayList<>();
  @TempDir static Path vendor;
  private static String url = "";
  @TempDir Path directory;
  private Ds ds = Ds.with();

  @BeforeAll
  static void serve() throws IOException {
    RealAgent.require();
    List<String> command = new ArrayList<>(DsProcess.command());
    command.addAll(List.of("server", "-p", "0"));
    Process server =
        new DsProcess(vendor.resolve("state"), vendor, "host")
            .start(command, Map.of("RUST_LOG", "off", "DUNES_TOKEN", KEY));
    SERVERS.add(server);
    BufferedReader out = server.inputReader();
    url = String.valueOf(out.readLine()).substring("Ready at ".length());
  }

  @AfterAll
  static void close() throws InterruptedException {
    for (Process server : SERVERS) {
      server.destroy();
      assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @BeforeEach
  void configure() {
    MODEL.forgetRequests();
    ds =
        Ds.with()
            .env(RealAgent.environment(MODEL, directory.resolve("state")))
            .env("DUNES_PROVIDER", "")
            .env("E2B_API_KEY", KEY)
            .env("E2B_API_URL", url)
            .env("E2B_SANDBOX_URL", url)
            .env("DUNES_TEMPLATE", "base")
            .directory(directory);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void anAgentWorksThereAndItsFilesComeBack() throws IOException {
    int port = freePort();
    ds.env("DUNES_GATEWAY_PORT", Integer.toString(port))
        .env("DUNES_GATEWAY_URL", "http://127.0.0.1:" + port + "/");
    Ds.Result result = ds.run("-v", "Please do [[hello]]", "-o", "made");
    assertThat(result.out())
        .as(result.err())
        .isEqualTo("I will create the file.\nDone. hello.txt contains hi.\n");
    assertThat(result.err()).contains(" at e2b; starting claude");
    assertThat(result.code()).isZero();
    assertThat(directory.resolve("made/hello.txt")).hasContent("hi");
    assertThat(MODEL.requests())
        .isNotEmpty()
        .allMatch(request ->
            request.header("x-api-key").equals(java.util.Optional.of("a-key-of-the-test")));
    assertThat(ds.run("list", "-p", "e2b", "--json").out()).isEmpty();
  }

  @Test
  void withoutAnAddressOfTheGatewayTheRunIsRefused() throws IOException {
    Ds.Result result = ds.run("-p", "e2b", "Please do [[hello]]");
    assertThat(result.err()).contains("E2b").contains("DUNES_GATEWAY_URL");
    assertThat(result.code()).isEqualTo(1);
    assertThat(MODEL.requests()).isEmpty();
    assertThat(ds.run("list", "-p", "e2b", "--json").out()).isEmpty();
    assertThat(Files.exists(directory.resolve("made"))).isFalse();
  }

  @Test
  void aKeyThatIsOnlyThereLeadsNoPromptToWhereItCannotRun() throws Exception {
    // Users of sandboxes must be able to reach it, and what JUnit makes is closed to them.
    Path state = Files.createTempDirectory("ds-state");
    Ds.Result result = ds.env("DUNES_STATE", state.toString()).run("-v", "Please do [[hello]]");
    assertThat(result.err()).contains(" at local; starting claude");
    assertThat(result.code()).isZero();
    new ProcessBuilder("rm", "-rf", state.toString()).start().waitFor();
  }
}
