package dev.dunes.provider.local.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Snapshot;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Other users of the machine get nothing of a sandbox, not even when the code in it works with
 * them.
 */
class OtherUsersTest {
  /**
   * What a sandbox can do for an accomplice outside: a program that runs as its own host user, and
   * open doors to it.
   */
  static final String OPEN_UP =
      "cp /usr/bin/id /workspace/id && chmod 4755 /workspace/id && echo hi > /workspace/note && chmod 0777 /workspace /home/user";

  private static final int SOMEONE = 65_533;

  private final Ground ground = Ground.open(runtime());

  /** What builds the sandboxes. */
  String runtime() {
    return "bwrap";
  }

  @AfterEach
  void close() {
    ground.close();
  }

  private static String asSomeone(String line) {
    List<String> command = new java.util.ArrayList<>(Ground.as(SOMEONE));
    command.addAll(List.of("sh", "-c", line + " && echo WORKED"));
    return Ground.run(command);
  }

  /**
   * What another user attempts on a sandbox's directory whose name is known, say from the list of
   * processes.
   */
  private void assertClosed(Path directory) throws IOException {
    assertThat(asSomeone("cat " + directory.resolve("launch.log"))).doesNotContain("WORKED");
    assertThat(asSomeone("cat " + directory.resolve("record"))).doesNotContain("WORKED");
    assertThat(asSomeone("ls " + directory.resolve("upper"))).doesNotContain("WORKED");
    assertThat(asSomeone("cat " + directory.resolve("upper/workspace/note")))
        .doesNotContain("WORKED");
    assertThat(asSomeone("touch " + directory.resolve("upper/workspace/planted")))
        .doesNotContain("WORKED");
    assertThat(asSomeone(directory.resolve("upper/workspace/id") + " -u")).doesNotContain("WORKED");
    Map<String, Object> settings = Map.of("socket", directory.resolve("guest.sock").toString());
    assertThat(
            ground
                .outside(Ground.as(SOMEONE), settings, List.of("connect_path"))
                .get("connect_path")
                .refused())
        .isTrue();
  }

  /**
   * The same on a directory that is open all the way: what is refused above is refused by the
   * sandbox's own doors.
   */
  private void assertSomeoneCanWhereNothingIsClosed() throws IOException {
    Path open = Files.createDirectories(ground.base().resolve("open/upper/workspace"));
    Files.writeString(open.resolve("note"), "hi");
    Ground.run(List.of("cp", "/usr/bin/id", open.resolve("id").toString()));
    Ground.run(List.of("chmod", "-R", "a+rwX", ground.base().resolve("open").toString()));
    Ground.run(List.of("chmod", "4755", open.resolve("id").toString()));
    assertThat(asSomeone("cat " + open.resolve("note"))).contains("WORKED");
    assertThat(asSomeone("touch " + open.resolve("planted"))).contains("WORKED");
    assertThat(asSomeone(open.resolve("id") + " -u")).contains("WORKED").startsWith("0");
    Path socket = ground.base().resolve("open/guest.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
      Map<String, Object> settings = Map.of("socket", socket.toString());
      assertThat(
              ground
                  .outside(Ground.as(SOMEONE), settings, List.of("connect_path"))
                  .get("connect_path")
                  .open())
          .isTrue();
    }
  }

  @Test
  void anotherUserGetsNothingOfASandboxOfRoot() throws IOException {
    Ground.assumeRoot();
    assertSomeoneCanWhereNothingIsClosed();
    try (Sandbox sandbox = ground.create()) {
      Ground.said(sandbox.exec(OPEN_UP));
      assertClosed(ground.directory(sandbox));
      Snapshot snapshot = sandbox.snapshot();
      Path saved = ground.state().resolve("snapshots").resolve(snapshot.id());
      assertThat(saved.resolve("workspace/note")).exists();
      assertThat(asSomeone("cat " + saved.resolve("workspace/note"))).doesNotContain("WORKED");
      assertThat(asSomeone(saved.resolve("workspace/id") + " -u")).doesNotContain("WORKED");
      sandbox.forking().orElseThrow().deleteSnapshot(snapshot.id());
    }
  }

  @Test
  void anotherUserGetsNothingOfASandboxOfAnOrdinaryUser() throws IOException {
    Ground.assumeRoot();
    try (OrdinaryUser owner = new OrdinaryUser("hold")) {
      Path directory = Path.of(owner.line());
      assertThat(directory.resolve("upper/workspace/note")).exists();
      assertClosed(directory);
    }
  }

  /** A relay's socket belongs to the host; the sandbox may connect and nothing else. */
  @Test
  void aSandboxCannotChangeTheSocketOfARelay() throws IOException {
    Path socket = ground.base().resolve("gateway.sock");
    try (ServerSocketChannel gateway = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      gateway.bind(UnixDomainSocketAddress.of(socket));
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
      try (Sandbox sandbox =
          ground.create(SandboxSpec.builder().relay(new HostRelay(8080, socket)))) {
        String inside = "/run/dunes/relay/8080.sock";
        Answer connected =
            ground
                .inside(sandbox, Map.of("socket", inside), List.of("connect_path"))
                .get("connect_path");
        assertThat(connected.open()).as("control: it is there: %s", connected).isTrue();
        for (String change :
            List.of("chmod 0777 ", "touch ", "rm -f ", "mv -f /workspace/other ")) {
          sandbox.exec(": > /workspace/other");
          assertThat(sandbox.exec(change + inside).success()).as(change).isFalse();
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
            .isEqualTo("rw-rw-rw-");
      }
      Ground.run(List.of("chmod", "0600", socket.toString()));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
          .as("control: its owner can")
          .isEqualTo("rw-------");
    }
  }
}
