package dev.dunes.guest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dunes.guest.GuestConnection.Role;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxTimeoutException;
import dev.dunes.sandbox.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A guest that lies: every lie ends in one of the library's own exceptions and, where it broke the
 * protocol, the connection.
 */
@Timeout(40)
class HostileGuestTest {
  private static final int WINDOW = GuestStream.WINDOW;

  interface Lie {
    void tell(ScriptedGuest guest) throws Exception;
  }

  interface Use {
    void of(GuestSandbox sandbox) throws Exception;
  }

  private static Arguments lie(String what, Lie lie) {
    return Arguments.of(what, lie);
  }

  private static Arguments lie(String what, Use use, Lie lie) {
    return Arguments.of(what, use, lie);
  }

  // ---- the greeting ----

  static Stream<Arguments> greetings() {
    return Stream.of(
        lie("another version", guest -> guest.welcome(2)),
        lie("version 0", guest -> guest.welcome(0)),
        lie("a short greeting", guest -> guest.send(FrameType.WELCOME, 0, new byte[] {0, 1})),
        lie(
            "a long greeting",
            guest ->
                guest.send(FrameType.WELCOME, 0, new PayloadWriter().u16(1).str("x").u32(1).u8(0))),
        lie(
            "an absurd length",
            guest ->
                guest.send(
                    FrameType.WELCOME, 0, new PayloadWriter().u16(1).u32(Integer.MAX_VALUE))),
        lie(
            "a negative length",
            guest -> guest.send(FrameType.WELCOME, 0, new PayloadWriter().u16(1).u32(-1))),
        lie("the host's own greeting", guest -> guest.send(FrameType.HELLO, 0, new byte[12])),
        lie("a question first", guest -> guest.send(FrameType.PING, 0, new byte[8])),
        lie("a result first", guest -> guest.send(FrameType.RESULT, 1, new byte[0])),
        lie(
            "giving up",
            guest -> guest.send(FrameType.GOAWAY, 0, new PayloadWriter().u16(20).str("no"))),
        lie("a web server", guest -> guest.raw("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8))),
        lie("zeros", guest -> guest.raw(new byte[64])),
        lie("hanging up", ScriptedGuest::close));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("greetings")
  void aWrongGreetingIsNoConnection(String what, Lie lie) throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      lie.tell(guest);
      assertThatThrownBy(() ->
              GuestConnection.open(
                  guest.transport(), ScriptedGuest.IDENTITY, Role.VISITOR, ScriptedGuest.LIMIT))
          .as(what)
          .isInstanceOf(ProviderException.class)
          .satisfies(HostileGuestTest::saysWhoseGuestItWas);
      assertThat(guest.hungUp()).isTrue();
    }
  }

  private static void saysWhoseGuestItWas(Throwable thrown) {
    assertThat(thrown)
        .isInstanceOfSatisfying(
            SandboxException.class,
            known -> {
              assertThat(known).hasMessageStartingWith("scripted: ");
              assertThat(known).hasMessageContaining("abcdefabcdef");
              assertThat(known.provider()).contains("scripted");
              assertThat(known.sandboxId()).contains("abcdefabcdef");
              assertThat(known.remedy()).isPresent();
            });
  }

  @Test
  void aGuestThatHangsUpInTheMiddleOfACommandIsSaidToHave() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestSandbox sandbox = guest.sandbox();
      FutureTask<Throwable> running = running(() -> sandbox.exec("true"));
      assertThat(guest.next(FrameType.OPEN).stream()).isEqualTo(1);
      guest.started(1);
      guest.close();
      assertThat(running.get(10, TimeUnit.SECONDS))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("the connection to sandbox abcdefabcdef was lost")
          .satisfies(HostileGuestTest::saysWhoseGuestItWas);
    }
  }

  @Test
  void aGuestThatDoesNotGreetIsNotWaitedForForEver() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      assertThatThrownBy(() ->
              GuestConnection.open(
                  guest.transport(), ScriptedGuest.IDENTITY, Role.VISITOR, Duration.ofMillis(50)))
          .isInstanceOf(SandboxTimeoutException.class)
          .satisfies(HostileGuestTest::saysWhoseGuestItWas);
      assertThat(guest.hungUp()).isTrue();
    }
  }

  @Test
  void anInterruptedGreetingIsNoConnection() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      FutureTask<Throwable> opening =
          new FutureTask<>(() ->
              catchThrowable(() ->
                  GuestConnection.open(
                      guest.transport(), ScriptedGuest.IDENTITY, Role.OWNER, ScriptedGuest.LIMIT)));
      Thread thread = Thread.ofVirtual().start(opening);
      assertThat(guest.next().type()).isEqualTo(FrameType.HELLO);
      thread.interrupt();
      assertThat(opening.get(10, TimeUnit.SECONDS))
          .isInstanceOf(dev.dunes.sandbox.SandboxInterruptedException.class);
      assertThat(guest.hungUp()).isTrue();
    }
  }

  // ---- what breaks a connection, whatever is under way ----

  static Stream<Arguments> breaches() {
    return Stream.of(
        lie("length 0", guest -> guest.raw(new byte[4])),
        lie("length 4", guest -> guest.raw(length(4))),
        lie("length 2^20 + 1", guest -> guest.raw(length((1 << 20) + 1))),
        lie("length 2^31", guest -> guest.raw(length(Integer.MIN_VALUE))),
        lie("length 2^32 - 1", guest -> guest.raw(length(-1))),
        lie("an unknown type", guest -> guest.send(0x7F, 1, new byte[0])),
        lie("an unknown type for the connection", guest -> guest.send(0x7F, 0, new byte[0])),
        lie("a type of the other direction", guest -> guest.send(FrameType.OPEN, 1, new byte[2])),
        lie("a cancellation", guest -> guest.send(FrameType.CANCEL, 1, new byte[0])),
        lie("a control", guest -> guest.send(FrameType.CONTROL, 1, new byte[1])),
        lie("a second greeting", guest -> guest.welcome(1)),
        lie("an answer to no question", guest -> guest.send(FrameType.PONG, 0, new byte[8])),
        lie("a short question", guest -> guest.send(FrameType.PING, 0, new byte[7])),
        lie("a long question", guest -> guest.send(FrameType.PING, 0, new byte[9])),
        lie(
            "giving up",
            guest ->
                guest.send(FrameType.GOAWAY, 0, new PayloadWriter().u16(1).str("\u001b[2Jbye"))),
        lie("giving up badly", guest -> guest.send(FrameType.GOAWAY, 0, new byte[1])),
        lie("a result for the connection", guest -> guest.send(FrameType.RESULT, 0, new byte[0])),
        lie("a stream that was never opened", guest -> guest.data(2, 1, new byte[1])),
        lie("a stream of 2^32 - 1", guest -> guest.data(-1, 1, new byte[1])),
        lie("a result nobody asked for", guest -> guest.send(FrameType.RESULT, 2, new byte[0])),
        lie("an error without contents", guest -> guest.send(FrameType.ERROR, 1, new byte[0])),
        lie(
            "an error with more",
            guest ->
                guest.send(FrameType.ERROR, 1, new PayloadWriter().u16(2).u32(0).str("x").u8(1))),
        lie(
            "an error of absurd length",
            guest -> guest.send(FrameType.ERROR, 1, new PayloadWriter().u16(2).u32(0).u32(-5))),
        lie("an event of no kind", guest -> guest.send(FrameType.EVENT, 1, new byte[0])),
        lie("an event of an unknown kind", guest -> guest.event(1, 99, new PayloadWriter())),
        lie("no data", guest -> guest.data(1, 1, new byte[0])),
        lie("data without a channel", guest -> guest.send(FrameType.DATA, 1, new byte[0])),
        lie("data on the input", guest -> guest.data(1, 0, new byte[1])),
        lie("data on channel 3", guest -> guest.data(1, 3, new byte[1])),
        lie("data on channel 255", guest -> guest.data(1, 255, new byte[1])),
        lie("too much data in one", guest -> guest.data(1, 1, new byte[GuestStream.MAX_DATA + 1])),
        lie("an end without a channel", guest -> guest.send(FrameType.EOF, 1, new byte[0])),
        lie("an end with more", guest -> guest.send(FrameType.EOF, 1, new byte[] {1, 1})),
        lie("an end of the input", guest -> guest.send(FrameType.EOF, 1, new byte[] {0})),
        lie("credit without an amount", guest -> guest.send(FrameType.CREDIT, 1, new byte[] {0})),
        lie(
            "credit for the output",
            guest -> guest.send(FrameType.CREDIT, 1, new PayloadWriter().u8(1).u32(1))),
        lie(
            "credit of 2^31",
            guest ->
                guest.send(FrameType.CREDIT, 1, new PayloadWriter().u8(0).u32(Integer.MIN_VALUE))),
        lie(
            "credit that adds up",
            guest ->
                guest.send(FrameType.CREDIT, 1, new PayloadWriter().u8(0).u32(Integer.MAX_VALUE))),
        lie(
            "half a frame",
            guest -> {
              guest.raw(new byte[] {0, 0, 0, 100, 0x13, 0, 0});
              guest.close();
            }),
        lie(
            "half a length",
            guest -> {
              guest.raw(new byte[] {0, 0});
              guest.close();
            }),
        lie("hanging up", ScriptedGuest::close));
  }

  private static byte[] length(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("breaches")
  void aBreachEndsTheConnectionAndEverythingOnIt(String what, Lie lie) throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestSandbox sandbox = guest.sandbox();
      FutureTask<Throwable> running =
          running(() -> sandbox.exec(Command.builder("x").openStdin().build()));
      assertThat(guest.next(FrameType.OPEN).stream()).isEqualTo(1);
      guest.started(1);

      lie.tell(guest);

      Throwable thrown = running.get(10, TimeUnit.SECONDS);
      assertThat(thrown).as(what).isInstanceOf(ProviderException.class);
      assertThat(thrown.getMessage()).doesNotContain("\u001b");
      assertThatThrownBy(() -> sandbox.exec("again")).isInstanceOf(SandboxException.class);
      assertThat(guest.hungUp()).isTrue();
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  private static FutureTask<Throwable> running(Work work) {
    FutureTask<Throwable> task = new FutureTask<>(() -> catchThrowable(work::run));
    Thread.ofVirtual().start(task);
    return task;
  }

  // ---- what breaks a certain operation ----

  static Stream<Arguments> answers() {
    Use exec = sandbox -> sandbox.exec("x");
    Use read = sandbox -> sandbox.files().readBytes("f");
    Use write = sandbox -> sandbox.files().write("f", "contents");
    Use stat = sandbox -> sandbox.files().stat("f");
    Use list = sandbox -> sandbox.files().list("d");
    Use attributes = sandbox -> sandbox.files().attributes(List.of("f"), "user.t.");
    Use mkdir = sandbox -> sandbox.files().mkdir("d");
    Use remove = sandbox -> sandbox.files().remove("f");
    Use watch = sandbox -> sandbox.files().watch("d", true).next(ScriptedGuest.LIMIT);
    Use ports = sandbox -> sandbox.ports().orElseThrow().listening();
    Use metrics = sandbox -> sandbox.metrics();
    Use pack =
        sandbox -> {
          Path local = Files.createTempDirectory("pack");
          try {
            sandbox.files().downloadTree("d", local);
          } finally {
            HostileTree.delete(local);
          }
        };
    return Stream.of(
        lie("output before the start", exec, guest -> guest.data(1, 1, new byte[1])),
        lie(
            "an end before the start",
            exec,
            guest -> guest.send(FrameType.RESULT, 1, ScriptedGuest.exit(0, 0))),
        lie(
            "a start twice",
            exec,
            guest -> {
              guest.started(1);
              guest.started(1);
            }),
        lie(
            "a start of process 2^31",
            exec,
            guest -> guest.event(1, 1, new PayloadWriter().u32(-1))),
        lie(
            "a start with more",
            exec,
            guest -> guest.event(1, 1, new PayloadWriter().u32(1).u8(0))),
        lie("an opened file", exec, guest -> guest.opened(1)),
        lie("exit code 256", exec, started(ScriptedGuest.exit(0, 256))),
        lie("exit code 2^32 - 1", exec, started(ScriptedGuest.exit(0, -1))),
        lie("signal 0", exec, started(ScriptedGuest.exit(1, 0))),
        lie("signal 65", exec, started(ScriptedGuest.exit(1, 65))),
        lie("an unknown way to end", exec, started(ScriptedGuest.exit(2, 0))),
        lie("an end with more", exec, started(ScriptedGuest.exit(0, 0).u8(0))),
        lie("an end with less", exec, started(new PayloadWriter().u8(0).u32(0))),
        lie(
            "timed out 2",
            exec,
            started(new PayloadWriter().u8(0).u32(0).u8(2).u64(1).u64(1).u64(1).u64(1))),
        lie(
            "a negative time",
            exec,
            started(new PayloadWriter().u8(0).u32(0).u8(0).u64(-1).u64(1).u64(1).u64(1))),
        lie(
            "an end twice",
            exec,
            guest -> {
              guest.started(1);
              guest.send(FrameType.EOF, 1, new byte[] {1});
              guest.send(FrameType.EOF, 1, new byte[] {1});
            }),
        lie(
            "data after its end",
            exec,
            guest -> {
              guest.started(1);
              guest.send(FrameType.EOF, 1, new byte[] {1});
              guest.data(1, 1, new byte[1]);
            }),
        lie("data before the file is open", read, guest -> guest.data(1, 1, new byte[1])),
        lie(
            "data of a file on channel 2",
            read,
            guest -> {
              guest.opened(1);
              guest.data(1, 2, new byte[1]);
            }),
        lie(
            "the end of a file that was not opened",
            read,
            guest -> guest.send(FrameType.RESULT, 1, new PayloadWriter().u64(0))),
        lie(
            "a file that opens twice",
            read,
            guest -> {
              guest.opened(1);
              guest.opened(1);
            }),
        lie("a file that starts", read, guest -> guest.started(1)),
        lie(
            "a file of unknown kind",
            read,
            guest ->
                guest.event(
                    1,
                    2,
                    new PayloadWriter().str("f").u8(4).u32(0).u64(0).u64(0).u32(0).u32(0).str(""))),
        lie(
            "a file without a size",
            read,
            guest -> guest.event(1, 2, new PayloadWriter().str("f").u8(0))),
        lie(
            "a result of 7 bytes",
            read,
            guest -> {
              guest.opened(1);
              guest.send(FrameType.RESULT, 1, new byte[7]);
            }),
        lie(
            "a written file that was not opened",
            write,
            guest -> guest.send(FrameType.RESULT, 1, new PayloadWriter().u64(8))),
        lie(
            "data of a file being written",
            write,
            guest -> {
              guest.opened(1);
              guest.data(1, 1, new byte[1]);
            }),
        lie("an empty entry", stat, guest -> guest.send(FrameType.RESULT, 1, new byte[0])),
        lie(
            "an entry with more",
            stat,
            guest -> guest.send(FrameType.RESULT, 1, ScriptedGuest.entry("f").u8(1))),
        lie(
            "an entry with a name of 2^31 - 1",
            stat,
            guest ->
                guest.send(FrameType.RESULT, 1, new PayloadWriter().u32(Integer.MAX_VALUE).u8(1))),
        lie(
            "an entry of negative size",
            stat,
            guest ->
                guest.send(
                    FrameType.RESULT,
                    1,
                    new PayloadWriter()
                        .str("f")
                        .u8(0)
                        .u32(0)
                        .u64(-1)
                        .u64(0)
                        .u32(0)
                        .u32(0)
                        .str(""))),
        lie(
            "an entry with mode 2^31",
            stat,
            guest ->
                guest.send(
                    FrameType.RESULT,
                    1,
                    new PayloadWriter()
                        .str("f")
                        .u8(0)
                        .u32(-1)
                        .u64(1)
                        .u64(0)
                        .u32(0)
                        .u32(0)
                        .str(""))),
        lie("data of a question", stat, guest -> guest.data(1, 1, new byte[1])),
        lie("an event of a question", stat, guest -> guest.opened(1)),
        lie(
            "half an entry in a listing",
            list,
            guest -> guest.data(1, 1, new byte[] {0, 0, 0, 9, 'x'})),
        lie(
            "a listing that leaves",
            list,
            guest -> guest.data(1, 1, ScriptedGuest.entry("../../etc/passwd").toBytes())),
        lie(
            "an absolute listing",
            list,
            guest -> guest.data(1, 1, ScriptedGuest.entry("/etc/passwd").toBytes())),
        lie(
            "a listing of nothing",
            list,
            guest -> guest.data(1, 1, ScriptedGuest.entry("").toBytes())),
        lie(
            "a listing that was cut",
            list,
            guest -> guest.send(FrameType.RESULT, 1, new PayloadWriter().u64(3))),
        lie(
            "attributes of other files",
            attributes,
            guest -> guest.send(FrameType.RESULT, 1, new PayloadWriter().u32(2).u32(0).u32(0))),
        lie(
            "attributes without an end",
            attributes,
            guest ->
                guest.send(FrameType.RESULT, 1, new PayloadWriter().u32(1).u32(Integer.MAX_VALUE))),
        lie(
            "attributes that were not asked for",
            attributes,
            guest ->
                guest.send(
                    FrameType.RESULT,
                    1,
                    new PayloadWriter().u32(1).u32(1).str("security.x").str("y"))),
        lie("made 2", mkdir, guest -> guest.send(FrameType.RESULT, 1, new byte[] {2})),
        lie("made nothing", mkdir, guest -> guest.send(FrameType.RESULT, 1, new byte[0])),
        lie("something for nothing", remove, guest -> guest.send(FrameType.RESULT, 1, new byte[1])),
        lie(
            "a change before the watch is ready",
            watch,
            guest -> guest.event(1, 4, new PayloadWriter().u8(1).bool(false).str("f"))),
        lie(
            "ready twice",
            watch,
            guest -> {
              guest.event(1, 3, new PayloadWriter());
              guest.event(1, 3, new PayloadWriter());
            }),
        lie(
            "a change of unknown type",
            watch,
            guest -> {
              guest.event(1, 3, new PayloadWriter());
              guest.event(1, 4, new PayloadWriter().u8(7).bool(false).str("f"));
            }),
        lie(
            "a change elsewhere",
            watch,
            guest -> {
              guest.event(1, 3, new PayloadWriter());
              guest.event(1, 4, new PayloadWriter().u8(1).bool(false).str("../../f"));
            }),
        lie(
            "4 billion ports",
            ports,
            guest -> guest.send(FrameType.RESULT, 1, new PayloadWriter().u32(-1))),
        lie(
            "fewer ports than said",
            ports,
            guest ->
                guest.send(
                    FrameType.RESULT, 1, new PayloadWriter().u32(Integer.MAX_VALUE).u16(80))),
        lie(
            "more ports than said",
            ports,
            guest -> guest.send(FrameType.RESULT, 1, new PayloadWriter().u32(1).u16(80).u16(81))),
        lie(
            "negative use",
            metrics,
            guest ->
                guest.send(
                    FrameType.RESULT,
                    1,
                    new PayloadWriter().u32(1).u64(-1).u64(1).u64(1).u64(1).u64(1))),
        lie(
            "half of the use",
            metrics,
            guest -> guest.send(FrameType.RESULT, 1, new PayloadWriter().u32(1).u64(1))),
        lie("an archive on channel 2", pack, guest -> guest.data(1, 2, new byte[512])));
  }

  private static Lie started(PayloadWriter result) {
    return guest -> {
      guest.started(1);
      guest.send(FrameType.RESULT, 1, result);
    };
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("answers")
  void aBrokenAnswerEndsTheConnection(String what, Use use, Lie lie) throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestSandbox sandbox = guest.sandbox();
      FutureTask<Throwable> running = running(() -> use.of(sandbox));
      guest.next(FrameType.OPEN);

      lie.tell(guest);

      if (what.contains("watch") || what.contains("change") || what.contains("ready")) {
        // a watch that ends says so instead of throwing, once it has been made
        Throwable thrown = running.get(10, TimeUnit.SECONDS);
        assertThat(thrown == null || thrown instanceof SandboxException).as(what).isTrue();
      } else {
        assertThat(running.get(10, TimeUnit.SECONDS))
            .as(what)
            .isInstanceOf(ProviderException.class);
      }
      assertThat(guest.hungUp()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8})
  void hangingUpInTheMiddleIsSaid(int which) throws Exception {
    List<Use> uses =
        List.of(
            sandbox -> sandbox.exec("x"),
            sandbox -> sandbox.files().readBytes("f"),
            sandbox -> sandbox.files().write("f", "x"),
            sandbox -> sandbox.files().stat("f"),
            sandbox -> sandbox.files().list("d"),
            sandbox -> sandbox.files().move("a", "b"),
            sandbox -> sandbox.files().unpack(InputStream.nullInputStream(), "d"),
            sandbox -> sandbox.files().watch("d", true),
            sandbox -> sandbox.ports().orElseThrow().listening());
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestSandbox sandbox = guest.sandbox();
      FutureTask<Throwable> running = running(() -> uses.get(which).of(sandbox));
      guest.next(FrameType.OPEN);
      guest.close();

      assertThat(running.get(10, TimeUnit.SECONDS))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("lost");
    }
  }

  @Test
  void hangingUpAfterAFileWasOpenedIsSaidToTheReader() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestSandbox sandbox = guest.sandbox();
      FutureTask<Throwable> running = running(() -> sandbox.files().readBytes("f"));
      guest.next(FrameType.OPEN);
      guest.opened(1);
      guest.data(1, 1, new byte[100]);
      guest.send(FrameType.EOF, 1, new byte[] {1});
      guest.close();

      // the end of the channel is not the result: what came may be half of it
      assertThat(running.get(10, TimeUnit.SECONDS)).isInstanceOf(ProviderException.class);
    }
  }

  @Test
  void hangingUpWhileWritingIsSaidToTheWriter() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestSandbox sandbox = guest.sandbox();
      FutureTask<Throwable> running =
          running(() -> {
            OutputStream out = sandbox.files().write("f", WriteOptions.DEFAULT);
            guest.close();
            for (int i = 0; i < 1000; i++) {
              out.write(new byte[1 << 16]);
            }
          });
      guest.next(FrameType.OPEN);
      guest.opened(1);

      assertThat(running.get(10, TimeUnit.SECONDS))
          .isInstanceOf(IOException.class)
          .hasCauseInstanceOf(ProviderException.class);
    }
  }

  // ---- credit ----

  @Test
  void moreDataThanCreditIsABreach() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      RunningCommand running = start(guest);
      guest.data(1, 1, new byte[WINDOW]);
      guest.data(1, 1, new byte[1]);

      assertThatThrownBy(running::waitFor)
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("credit");
      assertThat(guest.hungUp()).isTrue();
    }
  }

  @Test
  void aWholeWindowOnEachChannelIsNone() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      RunningCommand running = start(guest);
      guest.data(1, 1, new byte[WINDOW]);
      guest.data(1, 2, new byte[WINDOW]);
      guest.send(FrameType.RESULT, 1, ScriptedGuest.exit(0, 0));

      assertThat(running.waitFor().exitCode()).isZero();
      assertThat(running.stdout().readAllBytes()).hasSize(WINDOW);
    }
  }

  @Test
  void theHostSendsNoMoreThanItMay() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      RunningCommand running = start(guest);
      FutureTask<Throwable> writing = running(() -> running.stdin().write(new byte[WINDOW + 10]));
      int got = 0;
      while (got < WINDOW) {
        Frame frame = guest.next();
        assertThat(frame.type()).isEqualTo(FrameType.DATA);
        got += frame.payload().length - 1;
      }
      assertThat(got).isEqualTo(WINDOW);
      assertThat(writing.isDone()).isFalse();
      guest.send(FrameType.CREDIT, 1, new PayloadWriter().u8(0).u32(0));
      guest.send(FrameType.CREDIT, 1, new PayloadWriter().u8(0).u32(10));
      assertThat(guest.next().payload()).hasSize(11);
      assertThat(writing.get(10, TimeUnit.SECONDS)).isNull();
    }
  }

  @Test
  void aWriterWithoutCreditIsFreedByTheEnd() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      RunningCommand running = start(guest);
      FutureTask<Throwable> writing = running(() -> running.stdin().write(new byte[2 * WINDOW]));
      guest.next(FrameType.DATA);
      guest.send(FrameType.RESULT, 1, ScriptedGuest.exit(0, 3));

      assertThat(writing.get(10, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
      assertThat(running.waitFor().exitCode()).isEqualTo(3);
    }
  }

  @Test
  void anEndlessListingEnds() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestSandbox sandbox = guest.sandbox();
      FutureTask<Throwable> running = running(() -> sandbox.files().list("d", 100));
      guest.next(FrameType.OPEN);
      byte[] entry = ScriptedGuest.entry("n".repeat(200_000)).toBytes();
      Throwable broken =
          catchThrowable(() -> {
            for (int i = 0; i < 5000; i++) {
              guest.data(1, 1, entry);
              guest.next(FrameType.CREDIT);
            }
          });

      assertThat(running.get(30, TimeUnit.SECONDS))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("listing");
      assertThat(broken).isNotNull();
    }
  }

  // ---- slow and silent guests ----

  @Test
  void anAnswerThatDoesNotComeIsNotWaitedForForEver() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestConnection connection = guest.connect();
      assertThatThrownBy(() ->
              connection.call(Operation.STAT, new PayloadWriter(), Duration.ofMillis(30), "f"))
          .isInstanceOf(SandboxTimeoutException.class);
      assertThat(guest.next(FrameType.CANCEL).stream()).isEqualTo(1);

      // a late answer harms nobody, and the connection is still good
      guest.send(FrameType.ERROR, 1, new PayloadWriter().u16(16).u32(0).str("cancelled"));
      FutureTask<Throwable> second =
          running(() ->
              connection.call(Operation.REMOVE, new PayloadWriter(), ScriptedGuest.LIMIT, "f"));
      assertThat(guest.next(FrameType.OPEN).stream()).isEqualTo(2);
      guest.send(FrameType.RESULT, 2, new byte[0]);
      assertThat(second.get(10, TimeUnit.SECONDS)).isNull();
    }
  }

  @Test
  void anAnswerGivenTwiceIsABreach() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestConnection connection = guest.connect();
      FutureTask<Throwable> first =
          running(() ->
              connection.call(Operation.REMOVE, new PayloadWriter(), ScriptedGuest.LIMIT, "f"));
      guest.next(FrameType.OPEN);
      guest.send(FrameType.RESULT, 1, new byte[0]);
      guest.send(FrameType.RESULT, 1, new byte[0]);

      assertThat(first.get(10, TimeUnit.SECONDS)).isNull();
      assertThat(guest.hungUp()).isTrue();
      assertThat(connection.isOpen()).isFalse();
    }
  }

  @Test
  void streamsThatAreNeverAnsweredAreLimited() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestConnection connection = guest.connect();
      for (int i = 0; i < 4096; i++) {
        connection.start(Operation.STAT, new PayloadWriter(), new GuestStream() {});
      }
      assertThatThrownBy(
              () -> connection.start(Operation.STAT, new PayloadWriter(), new GuestStream() {}))
          .isInstanceOf(dev.dunes.sandbox.SandboxQuotaException.class);
    }
  }

  @Test
  void aGuestThatReadsNothingDoesNotStopClosing() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestConnection connection = guest.connect();
      FutureTask<Throwable> flood =
          running(() -> {
            for (int i = 0; i < 4000; i++) {
              connection.start(
                  Operation.STAT,
                  new PayloadWriter().str("x".repeat(10_000)),
                  new GuestStream() {});
            }
          });
      assertThatThrownBy(() -> flood.get(200, TimeUnit.MILLISECONDS))
          .isInstanceOf(java.util.concurrent.TimeoutException.class);

      connection.close();

      assertThat(flood.get(10, TimeUnit.SECONDS)).isInstanceOf(SandboxException.class);
    }
  }

  // ---- words ----

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u001b[2J\u001b]0;owned\u0007",
        "a\r\nb",
        "\u202Egpj.exe",
        "\u0000",
        "\u009b31m",
        "\u2028",
        "\uE000",
        "\uD800"
      })
  void wordsOfAGuestMoveNoCursor(String words) throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestSandbox sandbox = guest.sandbox();
      FutureTask<Throwable> running = running(() -> sandbox.files().stat("f"));
      guest.next(FrameType.OPEN);
      guest.send(
          FrameType.ERROR,
          1,
          new PayloadWriter().u16(21).u32(5).str("before" + words + "after" + "x".repeat(100_000)));

      Throwable thrown = running.get(10, TimeUnit.SECONDS);
      assertThat(thrown).isInstanceOf(SandboxFileException.class).hasMessageContaining("before");
      assertThat(thrown.getMessage()).hasSizeLessThan(1000).matches("[ -~]*");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 5, 11, 12, 20, 22, 23, 1000, 65535})
  void everyErrorCodeIsAnExceptionOfTheLibrary(int code) throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestSandbox sandbox = guest.sandbox();
      FutureTask<Throwable> running = running(() -> sandbox.files().stat("f"));
      guest.next(FrameType.OPEN);
      guest.send(FrameType.ERROR, 1, new PayloadWriter().u16(code).u32(-1).str("words"));

      assertThat(running.get(10, TimeUnit.SECONDS)).isInstanceOf(SandboxException.class);
    }
  }

  @Test
  void textsThatAreNoTextAreShownAsFarAsTheyAre() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestSandbox sandbox = guest.sandbox();
      FutureTask<Throwable> running = running(() -> sandbox.files().stat("f"));
      guest.next(FrameType.OPEN);
      byte[] bad = {0, 21, 0, 0, 0, 0, 0, 0, 0, 3, 'a', (byte) 0xFF, 'b'};
      guest.send(FrameType.ERROR, 1, bad);

      assertThat(running.get(10, TimeUnit.SECONDS)).hasMessageContaining("a\uFFFDb");
    }
  }

  @Test
  void questionsAreAnswered() throws Exception {
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestConnection connection = guest.connect();
      byte[] cookie = {1, 2, 3, 4, 5, 6, 7, (byte) 0x88};
      guest.send(FrameType.PING, 0, cookie);

      assertThat(guest.next(FrameType.PONG).payload()).isEqualTo(cookie);
      connection.close();
    }
  }

  // ---- commands whose guest lies about time ----

  @Test
  void aCommandsTimeoutIsEnforcedByTheHostInTheEnd() throws Exception {
    // 1 ms and the grace of the host; the guest never says that the command has ended
    try (ScriptedGuest guest = new ScriptedGuest()) {
      GuestSandbox sandbox = guest.sandbox();
      FutureTask<Throwable> running =
          running(() -> sandbox.exec(Command.builder("x").timeout(Duration.ofMillis(1)).build()));
      guest.next(FrameType.OPEN);
      guest.started(1);

      assertThat(running.get(30, TimeUnit.SECONDS))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("timeout");
    }
  }

  @Test
  void exitCodesThatAreOnesAreBelieved() throws Exception {
    for (int[] each : new int[][] {{0, 0, 0}, {0, 255, 255}, {1, 9, 137}, {1, 64, 192}}) {
      try (ScriptedGuest guest = new ScriptedGuest()) {
        RunningCommand running = start(guest);
        guest.send(FrameType.RESULT, 1, ScriptedGuest.exit(each[0], each[1]));
        CommandExit exit = running.waitFor();
        assertThat(exit.exitCode()).as(Arrays.toString(each)).isEqualTo(each[2]);
      }
    }
  }

  private static RunningCommand start(ScriptedGuest guest) throws Exception {
    GuestSandbox sandbox = guest.sandbox();
    FutureTask<RunningCommand> starting =
        new FutureTask<>(() -> sandbox.start(Command.builder("x").openStdin().build()));
    Thread.ofVirtual().start(starting);
    guest.next(FrameType.OPEN);
    guest.started(1);
    return starting.get(10, TimeUnit.SECONDS);
  }
}
