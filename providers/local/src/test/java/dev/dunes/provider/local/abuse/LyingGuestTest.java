package dev.dunes.provider.local.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dunes.provider.local.abuse.LiarServer.Payload;
import dev.dunes.provider.local.abuse.LiarServer.Script;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * A guest that says anything but the truth costs the host a typed error, and the sandbox can still
 * be removed.
 */
class LyingGuestTest {
  private record Lie(String name, Consumer<Sandbox> use, Script script) {}

  private static Lie lie(String name, Consumer<Sandbox> use, Script script) {
    return new Lie(name, use, script);
  }

  private static final Consumer<Sandbox> EXEC = sandbox -> sandbox.exec(Command.of("true"));
  private static final Consumer<Sandbox> STAT = sandbox -> sandbox.files().stat("/workspace");
  private static final Consumer<Sandbox> LIST = sandbox -> sandbox.files().list("/workspace");
  private static final Consumer<Sandbox> READ =
      sandbox -> sandbox.files().readBytes("/workspace/file");
  private static final Consumer<Sandbox> METRICS = Sandbox::metrics;

  private static Payload entry(int kind, String path) throws IOException {
    return new Payload().str(path).u8(kind).u32(0644).u64(1).u64(0).u32(0).u32(0).str("");
  }

  private static Stream<Lie> lies() {
    byte[] noise = new byte[100_000];
    Arrays.fill(noise, (byte) 0xAA);
    return Stream.of(
        lie("hangs up", EXEC, talk -> {}),
        lie("hangs up after the greeting", EXEC, talk -> talk.greet()),
        lie("noise", EXEC, talk -> talk.raw(noise)),
        lie("a frame of 4 GiB", EXEC, talk -> talk.raw(new byte[] {-1, -1, -1, -1, 2, 0, 0, 0, 0})),
        lie("a frame of no bytes", EXEC, talk -> talk.raw(new byte[9])),
        lie("half a frame", EXEC, talk -> talk.raw(new byte[] {0, 0, 1, 0, 2, 0, 0})),
        lie(
            "another version",
            EXEC,
            talk -> talk.say(LiarServer.WELCOME, 0, new Payload().u16(99).str("x").u32(1).bytes())),
        lie(
            "a string longer than its frame",
            EXEC,
            talk -> talk.say(LiarServer.WELCOME, 0, new Payload().u16(1).u32(-1).bytes())),
        lie(
            "two greetings",
            EXEC,
            talk -> {
              talk.greet();
              talk.say(LiarServer.WELCOME, 0, new Payload().u16(1).str("x").u32(1).bytes());
            }),
        lie(
            "another stream",
            EXEC,
            talk -> talk.say(LiarServer.RESULT, talk.greet() + 7, new byte[0])),
        lie("an unknown type", EXEC, talk -> talk.say(0x77, talk.greet(), new byte[0])),
        lie(
            "an unknown error",
            EXEC,
            talk ->
                talk.say(
                    LiarServer.ERROR,
                    talk.greet(),
                    new Payload().u16(999).u32(0).str("x").bytes())),
        lie(
            "an empty result",
            EXEC,
            talk -> talk.say(LiarServer.RESULT, talk.greet(), new byte[0])),
        lie(
            "an impossible exit code",
            EXEC,
            talk -> {
              int stream = talk.greet();
              talk.say(LiarServer.EVENT, stream, new Payload().u8(1).u32(7).bytes());
              talk.say(
                  LiarServer.RESULT,
                  stream,
                  new Payload().u8(0).u32(100_000).u8(0).u64(1).u64(1).u64(1).u64(1).bytes());
            }),
        lie(
            "a duration beyond all numbers",
            EXEC,
            talk -> {
              int stream = talk.greet();
              talk.say(LiarServer.EVENT, stream, new Payload().u8(1).u32(7).bytes());
              talk.say(
                  LiarServer.RESULT,
                  stream,
                  new Payload().u8(0).u32(0).u8(0).u64(-1).u64(-1).u64(-1).u64(-1).bytes());
            }),
        lie(
            "output nobody gave credit for",
            EXEC,
            talk -> {
              int stream = talk.greet();
              talk.say(LiarServer.EVENT, stream, new Payload().u8(1).u32(7).bytes());
              byte[] most = new Payload().u8(1).raw(new byte[262_144]).bytes();
              for (int i = 0; i < 2000; i++) {
                talk.say(LiarServer.DATA, stream, most);
              }
            }),
        lie(
            "pings for ever whose answers it does not read",
            METRICS,
            talk -> {
              talk.greet();
              for (int i = 0; i < 2_000_000; i++) {
                talk.say(LiarServer.PING, 0, new byte[8]);
              }
            }),
        lie(
            "an entry of no kind",
            STAT,
            talk -> talk.say(LiarServer.RESULT, talk.greet(), entry(9, "x").bytes())),
        lie(
            "bytes after an entry",
            STAT,
            talk -> talk.say(LiarServer.RESULT, talk.greet(), entry(0, "x").u8(0).bytes())),
        lie(
            "numbers beyond all limits",
            METRICS,
            talk ->
                talk.say(
                    LiarServer.RESULT,
                    talk.greet(),
                    new Payload().u32(-1).u64(-1).u64(-1).u64(-1).u64(-1).u64(-1).bytes())),
        lie(
            "data for a question",
            METRICS,
            talk ->
                talk.say(
                    LiarServer.DATA, talk.greet(), new Payload().u8(1).raw(new byte[10]).bytes())),
        lie(
            "half an entry in a listing",
            LIST,
            talk -> talk.say(LiarServer.DATA, talk.greet(), new Payload().u8(1).u32(500).bytes())),
        lie(
            "a listing without end of names as long as a frame",
            LIST,
            talk -> {
              int stream = talk.greet();
              byte[] long1 = new Payload().u8(1).raw(entry(0, "x".repeat(200_000)).bytes()).bytes();
              while (true) {
                talk.say(LiarServer.DATA, stream, long1);
              }
            }),
        lie(
            "contents before the file is open",
            READ,
            talk -> talk.say(LiarServer.EVENT, talk.greet(), new Payload().u8(200).bytes())),
        lie(
            "goodbye with a terminal's control sequences",
            EXEC,
            talk ->
                talk.say(
                    LiarServer.GOAWAY,
                    0,
                    new Payload().u16(20).str("\u001b]0;owned\u0007\u001b[2J").bytes())));
  }

  @TestFactory
  @Timeout(90)
  Stream<DynamicTest> aLieIsATypedErrorAndNothingMore() throws IOException {
    List<DynamicTest> results = new ArrayList<>();
    try (Ground ground = Ground.open()) {
      Sandbox sandbox = ground.create(SandboxSpec.builder().detached(true));
      try (SandboxProvider other = ground.another()) {
        other.execute(sandbox.id(), Command.of("true")); // control: by the honest guest it works
        for (Lie lie : lies().toList()) {
          Throwable thrown = believe(ground, other, sandbox.id(), lie);
          results.add(DynamicTest.dynamicTest(lie.name(), () -> assertTyped(thrown)));
        }
        try (LiarServer _ =
            new LiarServer(
                ground.directory(sandbox).resolve("guest.sock"), LiarServer.Talk::greet)) {
          assertThat(other.destroy(sandbox.id())).isTrue(); // which needs nothing of the guest
        }
      }
      assertThat(ground.directory(sandbox)).doesNotExist();
      Ground.eventually("no process is left", () -> HostProcesses.with(sandbox.id()).isEmpty());
    }
    return results.stream();
  }

  private static @Nullable Throwable believe(
      Ground ground, SandboxProvider provider, String id, Lie lie) throws IOException {
    try (LiarServer _ =
        new LiarServer(
            ground.state().resolve("local").resolve(id).resolve("guest.sock"), lie.script())) {
      Sandbox believer = provider.get(id).orElseThrow();
      try {
        return catchThrowable(() -> lie.use().accept(believer));
      } finally {
        believer.close();
      }
    }
  }

  private static void assertTyped(@Nullable Throwable thrown) {
    assertThat(thrown).isInstanceOf(SandboxException.class);
    String message = String.valueOf(thrown.getMessage());
    assertThat(message.chars().noneMatch(c -> c < ' ' || c == 0x7F))
        .as("no control characters: %s", message)
        .isTrue();
  }

  private static byte[] tar(TarArchiveEntry... entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      for (TarArchiveEntry entry : entries) {
        byte[] contents =
            entry.isFile() && !entry.isLink()
                ? "planted".getBytes(StandardCharsets.UTF_8)
                : new byte[0];
        entry.setSize(contents.length);
        tar.putArchiveEntry(entry);
        tar.write(contents);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  private static TarArchiveEntry link(String name, byte type, String target) {
    TarArchiveEntry entry = new TarArchiveEntry(name, type);
    entry.setLinkName(target);
    return entry;
  }

  /** An archive as it comes out of a sandbox, to be unpacked on the host. */
  private static Script archive(byte[] tar) {
    return talk -> {
      int stream = talk.greet();
      talk.say(LiarServer.DATA, stream, new Payload().u8(1).raw(tar).bytes());
      talk.say(0x14, stream, new Payload().u8(1).bytes());
      talk.say(LiarServer.RESULT, stream, new Payload().u64(1).bytes());
    };
  }

  @Test
  void archivesThatLeadOutAreRefused() throws IOException {
    try (Ground ground = Ground.open();
        Sandbox sandbox = ground.create(SandboxSpec.builder().detached(true));
        SandboxProvider other = ground.another()) {
      Path outside = Files.createDirectory(ground.base().resolve("outside"));
      Files.writeString(outside.resolve("secret"), "secret");
      Path socket = ground.directory(sandbox).resolve("guest.sock");
      String up = "../outside/planted";
      byte[] symlink =
          tar(
              link("way", TarConstants.LF_SYMLINK, outside.toString()),
              new TarArchiveEntry("way/planted"));
      byte[] hardLink =
          tar(link("copy", TarConstants.LF_LINK, outside.resolve("secret").toString()));
      byte[] hardLinkUp = tar(link("copy", TarConstants.LF_LINK, "../outside/secret"));
      byte[] throughHardLink =
          tar(
              link("way", TarConstants.LF_SYMLINK, outside.toString()),
              link("copy", TarConstants.LF_LINK, "way/secret"));
      byte[] absolute = tar(new TarArchiveEntry(outside.resolve("planted").toString(), true));
      byte[] device = tar(new TarArchiveEntry("device", TarConstants.LF_CHR));
      int number = 0;
      for (byte[] each :
          new byte[][] {
            tar(new TarArchiveEntry(up, true)),
            symlink,
            hardLink,
            hardLinkUp,
            throughHardLink,
            absolute,
            device
          }) {
        Path target = ground.base().resolve("into-" + number++);
        try (LiarServer _ = new LiarServer(socket, archive(each))) {
          Sandbox believer = other.get(sandbox.id()).orElseThrow();
          Throwable thrown =
              catchThrowable(() -> believer.files().downloadTree("/workspace", target));
          assertThat(thrown).as("archive %d", number).isInstanceOf(SandboxFileException.class);
          assertThat(((SandboxFileException) thrown).reason())
              .isEqualTo(SandboxFileException.Reason.UNSAFE_ARCHIVE);
          believer.close();
        }
        assertThat(target.resolve("copy")).doesNotExist();
      }
      try (LiarServer _ = new LiarServer(socket, archive(tar(new TarArchiveEntry("fine"))))) {
        Sandbox believer = other.get(sandbox.id()).orElseThrow();
        believer.files().downloadTree("/workspace", ground.base().resolve("fine"));
        assertThat(ground.base().resolve("fine/fine"))
            .as("control: a harmless one is unpacked")
            .hasContent("planted");
        believer.close();
      }
      try (var files = Files.list(outside)) {
        assertThat(files.map(file -> file.getFileName().toString())).containsExactly("secret");
      }
      assertThat(outside.resolve("secret")).hasContent("secret");
      assertThat(sandbox.destroy()).isTrue();
    }
  }
}
