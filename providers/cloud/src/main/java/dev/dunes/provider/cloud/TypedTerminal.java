package dev.dunes.provider.cloud;

import dev.dunes.provider.cloud.VendorSocket.Message;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Timeouts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A command on a terminal of a vendor whose terminals come with a shell: the line that becomes a
 * script, which waits in the sandbox, is typed into it. What the shell shows before is dropped. The
 * script says the process id first and the exit code last, in the output itself.
 */
public abstract class TypedTerminal implements VendorProcess {
  private static final byte END_OF_TRANSMISSION = 4;

  /** What a shell may show before a script begins. */
  private static final int MOST_BEFORE = 64 << 10;

  private static final int PIECE = 48 << 10;
  private static final int SIGNALLED = 128;
  private static final int MOST_SIGNAL = 64;
  private static final Duration BEGIN_LIMIT = Duration.ofSeconds(60);

  /** {@code FILE BASE64…}: only its owner can read it, for variables are in it. */
  private static final String PUT =
      "umask 077; f=$1; shift; for w; do printf %s \"$w\" | base64 -d || exit 1; done >\"$f\"";

  /** Its first word is the mark. What is typed is for the program, and not for this script. */
  private static final String SCRIPT =
      """
      rm -f -- "$0"
      trap : INT QUIT
      /bin/sh -c 'printf "%%s %%s\\n" "$0" "$$"; exec "$@"' %1$s %2$s
      c=$?
      printf '%%s %%s\\n' %1$s "$c"
      """;

  private final CloudSandbox sandbox;
  private final VendorSocket socket;
  private final String mark;
  private final FrameEnd out;
  private final Deque<VendorEvent> ready = new ArrayDeque<>();
  private volatile long pid;
  private volatile boolean ended;
  private volatile boolean closed;

  /**
   * @param mark as in {@link #prepare}
   */
  protected TypedTerminal(CloudSandbox sandbox, VendorSocket socket, String mark) {
    this.sandbox = sandbox;
    this.socket = socket;
    this.mark = mark;
    this.out = new FrameEnd(mark);
  }

  /** Puts the script into the sandbox; gives its path. */
  protected static String prepare(CloudSandbox sandbox, Launch launch, String mark) {
    FramedProcess.checkSizes(launch);
    String words = FramedProcess.line(FramedProcess.withEnv(launch.argv(), launch.env()));
    byte[] script = SCRIPT.formatted(mark, words).getBytes(StandardCharsets.UTF_8);
    String file = "/tmp/.dunes-" + launch.token();
    List<String> arguments = new ArrayList<>(List.of(file));
    for (int from = 0; from < script.length; from += PIECE) {
      byte[] piece = Arrays.copyOfRange(script, from, Math.min(script.length, from + PIECE));
      arguments.add(Base64.getEncoder().encodeToString(piece));
    }
    sandbox
        .scriptAnywhere(PUT, arguments.toArray(String[]::new))
        .require("a command could not be brought to its terminal");
    return file;
  }

  // ---- what an adapter brings ----

  /**
   * What a message of text means: output, or nothing that is shown.
   *
   * @throws IOException when it says that the terminal has ended or failed
   */
  protected abstract Optional<byte[]> text(String text) throws IOException;

  /** Says of a sandbox that is gone or stopped that it is, whatever was said. */
  protected abstract SandboxException why(SandboxException cause);

  /** Ends the terminal at the vendor, with what still runs on it. */
  protected abstract void end();

  protected final void send(String message) throws IOException {
    socket.send(message);
  }

  // ---- its beginning ----

  /** Types the line once the terminal shows something, and waits until the command begins. */
  protected final void begin(String file) throws IOException {
    Timeouts.within(
        BEGIN_LIMIT,
        () -> {
          if (socket.next() instanceof Message.Text(String first)) {
            text(first);
          }
          socket.send((" exec /bin/sh " + file + "\n").getBytes(StandardCharsets.US_ASCII));
          awaitMark();
          return true;
        });
  }

  private void awaitMark() throws IOException {
    StringBuilder seen = new StringBuilder();
    while (seen.length() < MOST_BEFORE) {
      seen.append(new String(bytes(), StandardCharsets.ISO_8859_1));
      int at = seen.indexOf(mark);
      int line = at < 0 ? -1 : seen.indexOf("\n", at);
      if (line >= 0) {
        pid = number(seen.substring(at + mark.length(), line));
        take(seen.substring(line + 1).getBytes(StandardCharsets.ISO_8859_1));
        return;
      }
    }
    throw new IOException("its shell does something else");
  }

  private static long number(String text) throws IOException {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      throw new IOException("what should be a number is none", e);
    }
  }

  // ---- out ----

  @Override
  public final VendorEvent next() {
    try {
      while (ready.isEmpty()) {
        take(bytes());
      }
      VendorEvent event = ready.remove();
      ended |= event instanceof VendorEvent.Exit;
      return event;
    } catch (IOException e) {
      ProviderException lost = lost(e);
      throw closed ? lost : why(lost);
    }
  }

  private void take(byte[] bytes) throws IOException {
    FrameEnd.Part part = out.take(bytes);
    if (part.data().length > 0) {
      ready.add(new VendorEvent.Output(Channel.STDOUT, part.data()));
    }
    if (part.after().isPresent()) {
      int code = (int) number(part.after().get());
      boolean signalled = code > SIGNALLED && code <= SIGNALLED + MOST_SIGNAL;
      ready.add(
          signalled ? VendorEvent.Exit.signal(code - SIGNALLED) : VendorEvent.Exit.code(code));
    }
  }

  private byte[] bytes() throws IOException {
    while (true) {
      switch (socket.next()) {
        case Message.Bytes(byte[] bytes, _) -> {
          return bytes;
        }
        case Message.Text(String text) -> {
          Optional<byte[]> shown = text(text);
          if (shown.isPresent()) {
            return shown.get();
          }
        }
        case Message.End(int status) ->
            throw new IOException("its terminal was closed with %d".formatted(status));
        case Message.Broken(Throwable cause) ->
            throw new IOException("its connection broke: " + cause.getMessage(), cause);
      }
    }
  }

  /** The command can no longer be followed. */
  protected final ProviderException lost(IOException e) {
    return new ProviderException(
        "the command can no longer be followed: " + Printable.of(String.valueOf(e.getMessage())),
        ErrorDetails.at(sandbox.provider(), sandbox.id())
            .withRemedy("run it again, or look in the sandbox at what it did"));
  }

  // ---- in ----

  @Override
  public final void write(byte[] data) {
    try {
      socket.send(data);
    } catch (IOException e) {
      throw lost(e);
    }
  }

  @Override
  public final void closeInput() {
    write(new byte[] {END_OF_TRANSMISSION});
  }

  @Override
  public final OptionalLong pid() {
    return pid == 0 ? OptionalLong.empty() : OptionalLong.of(pid);
  }

  /** Whether its exit code is known. */
  protected final boolean hasEnded() {
    return ended;
  }

  @Override
  public final void close() {
    if (!closed) {
      closed = true;
      socket.close();
      ClearingAway.run(this::end);
    }
  }
}
