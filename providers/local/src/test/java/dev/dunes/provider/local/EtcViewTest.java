package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The sandboxes' /etc: enough to work with, nothing that is not everybody's. */
class EtcViewTest {
  @Test
  void nothingOfTheHostsSecretsIsCopied() throws IOException {
    Path base = Local.temporary();
    try {
      Path host = Files.createDirectories(base.resolve("etc"));
      Files.createDirectories(host.resolve("ssl/private"));
      Files.createDirectories(host.resolve("ssl/certs/closed"));
      Files.writeString(host.resolve("ssl/private/key.pem"), "SECRET");
      Files.writeString(host.resolve("ssl/certs/ca.pem"), "certificate");
      Files.writeString(host.resolve("ssl/certs/mistake.pem"), "SECRET");
      Files.writeString(host.resolve("ssl/certs/closed/in.pem"), "SECRET");
      Files.setPosixFilePermissions(
          host.resolve("ssl/certs/mistake.pem"), PosixFilePermissions.fromString("rw-------"));
      Files.setPosixFilePermissions(
          host.resolve("ssl/certs/closed"), PosixFilePermissions.fromString("rwx------"));
      Files.createSymbolicLink(host.resolve("ssl/certs/to-key.pem"), Path.of("mistake.pem"));
      Files.createSymbolicLink(
          host.resolve("ssl/certs/to-private.pem"), Path.of("../private/key.pem"));
      Files.setPosixFilePermissions(
          host.resolve("ssl/private/key.pem"), PosixFilePermissions.fromString("rw-r-----"));
      for (String name : List.of("shadow", "passwd", "hosts", "machine-id", "resolv.conf")) {
        Files.writeString(host.resolve(name), "SECRET");
      }
      Path view = new EtcView(host).in(base.resolve("share"), false);
      try (Stream<Path> files = Files.walk(view)) {
        for (Path each : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
          assertThat(Files.readString(each)).as("%s", each).doesNotContain("SECRET");
        }
      }
      assertThat(view.resolve("ssl/certs/ca.pem")).hasContent("certificate");
      assertThat(
              Files.readString(
                  new EtcView(host).in(base.resolve("share"), true).resolve("resolv.conf")))
          .as("only with the host's network")
          .isEqualTo("SECRET");
      assertThat(new EtcView(host).in(base.resolve("share"), false)).isEqualTo(view);
    } finally {
      Local.run("rm", "-rf", base.toString());
    }
  }

  @Test
  void thisHostsViewHoldsWhatEverybodyMayRead() throws IOException {
    Path base = Local.temporary();
    try {
      Path view = new EtcView(Path.of("/etc")).in(base, false);
      for (String name :
          List.of(
              "shadow", "gshadow", "ssl/private", "ssh", "sudoers", "machine-id", "krb5.keytab")) {
        assertThat(Files.exists(view.resolve(name), LinkOption.NOFOLLOW_LINKS)).as(name).isFalse();
      }
      try (Stream<Path> files = Files.walk(view)) {
        for (Path each : (Iterable<Path>) files::iterator) {
          Path original = Path.of("/etc").resolve(view.relativize(each));
          if (Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS) && Files.exists(original)) {
            assertThat(Files.getPosixFilePermissions(original))
                .as("%s", original)
                .contains(PosixFilePermission.OTHERS_READ);
          }
        }
      }
    } finally {
      Local.run("rm", "-rf", base.toString());
    }
  }

  @Test
  void insideItIsOfUse() {
    try (Local local = Local.open();
        Sandbox sandbox = local.create()) {
      assertThat(
              Local.sh(
                  sandbox,
                  "id -un; getent hosts localhost | head -n 1 | grep -c localhost; cat /etc/hostname"))
          .isEqualTo("user\n1\nsandbox");
      String dangling =
          Local.sh(
              sandbox, "find /etc -xtype l ! -path '/etc/alternatives/*' ! -name mtab | head -n 5");
      assertThat(dangling).as("links that lead nowhere").isEmpty();
      Assumptions.assumeTrue(
          Files.isExecutable(Path.of("/usr/bin/python3")), "skipped: needs python3");
      Assumptions.assumeTrue(
          Files.exists(Path.of("/etc/ssl/certs/ca-certificates.crt")),
          "skipped: this host has no certificates");
      String count =
          "/usr/bin/python3 -c 'import ssl; c = ssl.create_default_context(); c.load_default_certs(); print(len(c.get_ca_certs()))'";
      assertThat(Integer.parseInt(Local.sh(sandbox, count))).isPositive();
    }
  }
}
