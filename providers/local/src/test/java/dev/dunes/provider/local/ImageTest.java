package dev.dunes.provider.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.guest.GuestBinary;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Snapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Sandboxes from root directories, layouts and archives, and what is refused about them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImageTest {
  private static final String ARCHITECTURE =
      GuestBinary.architecture().equals("aarch64") ? "arm64" : "amd64";
  private static final String CONFIG =
      """
      {"architecture":"%s","os":"linux","config":{"Env":["PATH=/usr/bin:/bin","FROM_IMAGE=yes","BOTH=image","HOME=/nowhere","bad-name=x"],"WorkingDir":"/app","User":"app:app"}}\
      """
          .formatted(ARCHITECTURE);

  private Local local;
  private Path rootfs;
  private byte[] base;

  @BeforeAll
  void make() throws IOException {
    local = Local.open();
    rootfs = Rootfs.make(local.base.resolve("rootfs"));
    base = OciArchive.tree(rootfs);
  }

  @AfterAll
  void close() {
    local.close();
  }

  private Sandbox create(Path image) {
    return local.create(SandboxSpec.builder().image(image.toString()));
  }

  /**
   * Hides a file and a directory of the base, replaces a file, and has a name that is not of every
   * locale.
   */
  private static byte[] second() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("app/.wh.data", new byte[0]);
    files.put("var/.wh..wh..opq", new byte[0]);
    files.put("etc/whose", "the second layer's\n".getBytes(UTF_8));
    files.put("app/F\u0151tan\u00fas\u00edtv\u00e1ny", "x".getBytes(UTF_8));
    files.put("workspace/source", "given\n".getBytes(UTF_8));
    return OciArchive.tar(files);
  }

  private void check(Sandbox sandbox) {
    assertThat(
            Local.sh(
                sandbox,
                "cat /etc/whose; pwd; echo $FROM_IMAGE $BOTH $HOME; id -un; id -u; ls /app"))
        .isEqualTo(
            "the second layer's\n/app\nyes image /home/user\nuser\n1000\nF\u0151tan\u00fas\u00edtv\u00e1ny");
    assertThat(
            Local.sh(
                sandbox,
                "echo mine > /workspace/x; echo mine > ~/y; cat /workspace/x ~/y; ls /var"))
        .isEqualTo("mine\nmine");
    assertThat(sandbox.exec("echo x > /app/new").success()).isFalse();
    assertThat(sandbox.exec("ls /usr/bin/python3 /etc/debian_version").success())
        .as("the host's programs")
        .isFalse();
    assertThat(sandbox.info().metadata().get("image_user")).contains("app:app");
  }

  @Test
  void anOciLayoutAsArchiveAndAsDirectory() throws IOException {
    OciArchive image =
        new OciArchive(CONFIG).layer(OciArchive.gzip(base)).layer(second()).oci(ARCHITECTURE);
    Path archive = image.write(local.base.resolve("oci.tar"));
    try (Sandbox sandbox = create(archive)) {
      check(sandbox);
    }
    long images = images();
    Path layout = image.writeTo(Files.createDirectory(local.base.resolve("layout")));
    try (Sandbox sandbox =
        local.create(
            SandboxSpec.builder()
                .image(layout.toString())
                .env("BOTH", "spec")
                .workingDir("/tmp/w"))) {
      assertThat(Local.sh(sandbox, "echo $BOTH; pwd")).isEqualTo("spec\n/tmp/w");
    }
    assertThat(images()).as("the same image is unpacked once").isEqualTo(images);
  }

  private long images() throws IOException {
    try (var entries = Files.list(local.state.resolve("images"))) {
      return entries.count();
    }
  }

  @Test
  void aDockerArchiveCompressedToo() throws IOException {
    OciArchive image = new OciArchive(CONFIG).layer(base).layer(second()).docker();
    Path archive = image.write(local.base.resolve("docker.tar"));
    try (Sandbox sandbox = create(archive)) {
      check(sandbox);
    }
    Path compressed = local.base.resolve("docker.tar.gz");
    Files.write(compressed, OciArchive.gzip(Files.readAllBytes(archive)));
    try (Sandbox sandbox = create(compressed)) {
      check(sandbox);
    }
  }

  @Test
  void aPlainRootFileSystemAsArchiveAndAsDirectory() throws IOException {
    Path archive = Files.write(local.base.resolve("plain.tar.gz"), OciArchive.gzip(base));
    for (Path image : List.of(archive, rootfs)) {
      try (Sandbox sandbox = create(image)) {
        assertThat(
                Local.sh(
                    sandbox,
                    "cat /etc/whose /app/data; pwd; id -un; cat /etc/passwd | grep -c . || true; ls -d /opt/dunes /home/user"))
            .startsWith("the image's\nfrom the image\n/workspace\nuser\n");
        assertThat(sandbox.exec("echo x > /etc/new").success()).isFalse();
      }
    }
    assertThat(rootfs.resolve("workspace"))
        .as("the directory itself stays as it is")
        .doesNotExist();
  }

  @Test
  void snapshotsAndForksKeepTheImage() throws IOException {
    Path archive =
        new OciArchive(CONFIG)
            .layer(base)
            .layer(second())
            .oci(ARCHITECTURE)
            .write(local.base.resolve("fork.tar"));
    try (Sandbox parent = create(archive)) {
      Local.sh(parent, "echo parent > /workspace/f; echo home > ~/h");
      Snapshot snapshot = parent.forking().orElseThrow().snapshot();
      try (Sandbox fork = parent.forking().orElseThrow().fork();
          Sandbox again = local.create(SandboxSpec.builder().image(snapshot.image()))) {
        Local.sh(fork, "echo child > /workspace/f; rm ~/h");
        assertThat(Local.sh(parent, "cat /workspace/f ~/h")).isEqualTo("parent\nhome");
        check(fork);
        assertThat(Local.sh(again, "cat /workspace/f ~/h /etc/whose; echo $FROM_IMAGE"))
            .isEqualTo("parent\nhome\nthe second layer's\nyes");
      } finally {
        parent.forking().orElseThrow().deleteSnapshot(snapshot.id());
      }
    }
  }

  @Test
  void whatTheImageHasInTheWorkspaceIsThere() throws IOException {
    Local.assumeRoot();
    Path archive =
        new OciArchive(CONFIG)
            .layer(base)
            .layer(second())
            .oci(ARCHITECTURE)
            .write(local.base.resolve("ws.tar"));
    try (Sandbox sandbox = create(archive)) {
      assertThat(Local.sh(sandbox, "cat /workspace/source")).isEqualTo("given");
    }
  }

  @Test
  void aDiskLimitHoldsWithAnImage() throws IOException {
    Path archive =
        new OciArchive(CONFIG).layer(base).oci(ARCHITECTURE).write(local.base.resolve("disk.tar"));
    try (Sandbox sandbox =
        local.create(SandboxSpec.builder().image(archive.toString()).diskMb(8))) {
      assertThat(Local.sh(sandbox, "cat /etc/whose; echo x > /workspace/f"))
          .isEqualTo("the image's");
      assertThat(
              sandbox
                  .exec(
                      "i=0; while [ $i -lt 12 ]; do cat /bin/sh /bin/ls /bin/sh /bin/ls /bin/sh /bin/ls /bin/sh /bin/ls > /workspace/big$i || exit 1; i=$((i+1)); done")
                  .success())
          .isFalse();
    }
  }

  @Test
  void manyAtOnceUnpackOnce() throws Exception {
    Path archive =
        new OciArchive(CONFIG)
            .layer(base)
            .layer(OciArchive.tar(Map.of("once", new byte[1])))
            .oci(ARCHITECTURE)
            .write(local.base.resolve("many.tar"));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<String> task =
          () -> {
            try (Sandbox sandbox = create(archive)) {
              return Local.sh(sandbox, "ls /once");
            }
          };
      for (Future<String> each : threads.invokeAll(Collections.nCopies(8, task))) {
        assertThat(each.get()).isEqualTo("/once");
      }
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    }
    try (var left = Files.newDirectoryStream(local.state.resolve("images"), ".part-*")) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void aLinkWhereTheSandboxNeedsADirectoryLeadsNowhere() throws IOException {
    Path outside = Files.createDirectory(local.base.resolve("outside"));
    Files.setPosixFilePermissions(outside, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path hostile = Rootfs.make(local.base.resolve("hostile"));
    for (String name : List.of("opt", "home", "workspace", "tmp", "run", "proc", "dev")) {
      Files.createSymbolicLink(hostile.resolve(name), Path.of("/oldroot" + outside));
    }
    try (Sandbox sandbox = create(hostile)) {
      assertThat(Local.sh(sandbox, "echo x > /workspace/f; cat /workspace/f; pwd"))
          .isEqualTo("x\n/workspace");
    }
    try (var entries = Files.list(outside)) {
      assertThat(entries).isEmpty();
    }
  }

  private void refused(OciArchive image, String name, String why) throws IOException {
    Path archive = image.write(local.base.resolve(name));
    refused(archive, why);
  }

  private void refused(Path archive, String why) {
    assertThatThrownBy(() -> create(archive))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(why);
  }

  @Test
  void whatIsNotAsItShouldBeIsRefused() throws IOException {
    byte[] fresh = OciArchive.tar(Map.of("refused", new byte[1000]));
    OciArchive changed = new OciArchive(CONFIG).layer(fresh).oci(ARCHITECTURE);
    String layer = Digest.of(fresh).blob();
    byte[] other = fresh.clone();
    other[other.length - 1] ^= 1;
    changed.files.put(layer, other);
    refused(changed, "changed.tar", "is not what it should be");
    changed.files.put(layer, Arrays.copyOf(fresh, fresh.length - 512));
    refused(changed, "short.tar", "bytes, not");
    changed.files.remove(layer);
    refused(changed, "missing.tar", "is missing");
    refused(
        new OciArchive(CONFIG).layer(base).oci("riscv64"),
        "foreign.tar",
        "it has nothing for linux/" + ARCHITECTURE + ", only for linux/s390x, linux/riscv64");
    refused(
        new OciArchive(CONFIG)
            .layer(new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0})
            .oci(ARCHITECTURE),
        "zstd.tar",
        "zstd");
    refused(
        new OciArchive(CONFIG)
            .layer(OciArchive.tar(Map.of("a/../../b", new byte[1])))
            .oci(ARCHITECTURE),
        "dots.tar",
        "'..'");
    OciArchive tampered = new OciArchive(CONFIG).layer(fresh).docker();
    tampered.files.replaceAll((name, bytes) -> name.endsWith("layer.tar") ? other : bytes);
    refused(tampered, "docker-changed.tar", "is not what it should be");
    refused(
        Files.write(local.base.resolve("text"), "no archive at all".repeat(100).getBytes(UTF_8)),
        "tar");
    refused(
        Files.write(local.base.resolve("half.gz"), Arrays.copyOf(OciArchive.gzip(base), 5000)),
        "damaged");
    refused(Files.createFile(local.base.resolve("empty")), "nothing in");
    assertThatThrownBy(() -> create(Path.of("/no/such/image")))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("/no/such/image");
    assertThatThrownBy(() -> local.create(SandboxSpec.builder().image("debian:12")))
        .isInstanceOf(InvalidRequestException.class);
    try (var left = Files.newDirectoryStream(local.state.resolve("images"), ".part-*")) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void bombsEndAtTheLimit() throws IOException {
    byte[] bomb = OciArchive.gzip(OciArchive.tar(Map.of("zeros", new byte[3 << 20])));
    Path archive =
        new OciArchive(CONFIG).layer(bomb).oci(ARCHITECTURE).write(local.base.resolve("bomb.tar"));
    Path plain = Files.write(local.base.resolve("bomb.gz"), bomb);
    try (var small = local.another(Map.of(ImageStore.LIMIT_SETTING, "2"))) {
      for (Path each : List.of(archive, plain)) {
        assertThatThrownBy(() -> small.create(SandboxSpec.builder().image(each.toString()).build()))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContaining("more than 2 MiB");
      }
    }
    Path longName = Files.write(local.base.resolve("name.tar"), longNamed());
    refused(longName, "header of more than");
  }

  /** A GNU long name of 2 MiB. */
  private static byte[] longNamed() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      TarArchiveEntry entry =
          new TarArchiveEntry("././@LongLink", TarConstants.LF_GNUTYPE_LONGNAME);
      entry.setSize(2 << 20);
      tar.putArchiveEntry(entry);
      tar.write(new byte[2 << 20]);
      tar.closeArchiveEntry();
    }
    return bytes.toByteArray();
  }
}
