package dev.dunes.provider.sprites;

import dev.dunes.provider.cloud.FramedProcess;
import dev.dunes.provider.cloud.Launch;
import dev.dunes.provider.cloud.VendorEvent;
import dev.dunes.provider.cloud.VendorProcess;
import dev.dunes.provider.cloud.VendorSocket;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.TerminalSize;
import dev.dunes.sandbox.Timeouts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A command at Sprites. Without a terminal the first byte of a frame says what it is; on a terminal
 * frames are what the terminal shows, and the exit is a text.
 */
final class SpritesProcess implements VendorProcess {
  private static final int INPUT = 0;
  private static final int OUTPUT = 1;
  private static final int ERRORS = 2;
  private static final int EXIT = 3;
  private static final int INPUT_END = 4;

  private static final byte END_OF_TRANSMISSION = 4;

  /** Above it, exit codes mean signals. */
  private static final int SIGNALLED = 128;

  private static final int MOST_SIGNAL = 64;
  private static final int NOTHING = -1;

  /** Of a script, in one frame. */
  private static final int PIECE = 32 << 10;

  /** What may come before the line that says that the command begins. */
  private static final int MOST_BEFORE = 16 << 10;

  private static final Duration BEGIN_LIMIT = Duration.ofSeconds(60);

  private final SpritesSandbox sandbox;
  private final VendorSocket socket;
  private final boolean terminal;
  private final Deque<VendorEvent> ready = new ArrayDeque<>();
  private int stream = NOTHING;
  private volatile long pid;
  private volatile boolean closed;

  private SpritesProcess(SpritesSandbox sandbox, VendorSocket socket, boolean terminal) {
    this.sandbox = sandbox;
    this.socket = socket;
    this.terminal = terminal;
  }

  static SpritesProcess start(SpritesSandbox sandbox, Launch launch) {
    String line = "exec " + FramedProcess.line(FramedProcess.withEnv(launch.argv(), launch.env()));
    boolean terminal = launch.terminal().isPresent();
    boolean input = terminal || launch.stdin();
    byte[] script = (input ? line : line + " </dev/null").getBytes(StandardCharsets.UTF_8);
    String mark = FramedProcess.newMark();
    VendorSocket socket = sandbox.connect(query(launch, script.length, mark));
    SpritesProcess process = new SpritesProcess(sandbox, socket, terminal);
    boolean begun = false;
    try {
      Timeouts.within(
          BEGIN_LIMIT,
          () -> {
            process.begin(script, mark, input);
            return true;
          });
      begun = true;
      return process;
    } catch (IOException e) {
      throw sandbox.why(process.lost("it could not be begun: " + e.getMessage()));
    } finally {
      if (!begun) {
        process.close();
      }
    }
  }

  private static String query(Launch launch, int length, String mark) {
    boolean terminal = launch.terminal().isPresent();
    StringBuilder query = new StringBuilder("/exec?path=/bin/sh&stdin=true");
    String script = terminal ? ExecScripts.TERMINAL : ExecScripts.PIPES;
    for (String word :
        new String[] {"/bin/sh", "-c", script, "dunes", Integer.toString(length), mark}) {
      query.append("&cmd=").append(SpritesApi.encode(word));
    }
    launch
        .terminal()
        .ifPresent(size ->
            query.append("&tty=true&rows=%d&cols=%d".formatted(size.rows(), size.columns())));
    // what whoever started it is not there for any more is ended, unless it is to go on
    query.append("&max_run_after_disconnect=").append(launch.detached() ? "0" : "10s");
    return query.toString();
  }

  // ---- its beginning ----

  private void begin(byte[] script, String mark, boolean input) throws IOException {
    if (terminal) {
      awaitLine(mark);
    }
    for (int from = 0; from < script.length; from += PIECE) {
      write(script, from, Math.min(script.length, from + PIECE));
    }
    if (!input) {
      socket.send(new byte[] {INPUT_END});
    }
    pid = awaitLine(mark);
  }

  /** The number behind the mark. What came before it is output of whoever wrapped the shell. */
  private long awaitLine(String mark) throws IOException {
    Channel channel = terminal ? Channel.STDOUT : Channel.STDERR;
    StringBuilder seen = new StringBuilder();
    while (seen.length() < MOST_BEFORE) {
      VendorEvent event = event();
      switch (event) {
        case VendorEvent.Output(Channel from, byte[] data) when from == channel -> {
          seen.append(new String(data, StandardCharsets.ISO_8859_1));
          int at = seen.indexOf(mark);
          int end = at < 0 ? -1 : seen.indexOf("\n", at);
          if (end >= 0) {
            keep(channel, seen.substring(0, at));
            keep(channel, seen.substring(end + 1));
            return number(seen.substring(at + mark.length(), end).strip());
          }
        }
        case VendorEvent.Output other -> ready.add(other);
        case VendorEvent.Exit(int code, _) ->
            throw new IOException(
                "its shell ended with %d: %s".formatted(code, sandbox.clean(seen.toString())));
      }
    }
    throw new IOException("something else answered: " + sandbox.clean(seen.toString()));
  }

  private void keep(Channel channel, String latin) {
    if (!latin.isEmpty()) {
      ready.add(new VendorEvent.Output(channel, latin.getBytes(StandardCharsets.ISO_8859_1)));
    }
  }

  private static long number(String text) throws IOException {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IOException("no process id", e);
    }
  }

  // ---- out ----

  @Override
  public VendorEvent next() {
    try {
      return ready.isEmpty() ? event() : ready.remove();
    } catch (IOException e) {
      ProviderException lost = lost(String.valueOf(e.getMessage()));
      throw closed ? lost : sandbox.why(lost);
    }
  }

  private VendorEvent event() throws IOException {
    while (true) {
      Optional<VendorEvent> event =
          switch (socket.next()) {
            case VendorSocket.Message.Bytes(byte[] bytes, boolean first) -> bytes(bytes, first);
            case VendorSocket.Message.Text(String text) -> text(text);
            case VendorSocket.Message.End(int status) ->
                throw new IOException("the connection was closed with %d".formatted(status));
            case VendorSocket.Message.Broken(Throwable cause) ->
                throw new IOException("the connection broke: " + cause.getMessage(), cause);
          };
      if (event.isPresent()) {
        return event.get();
      }
    }
  }

  private Optional<VendorEvent> bytes(byte[] bytes, boolean first) {
    if (terminal) {
      return output(Channel.STDOUT, bytes);
    }
    int from = 0;
    if (first) {
      stream = bytes.length == 0 ? NOTHING : bytes[0];
      from = 1;
    }
    byte[] data =
        from >= bytes.length ? new byte[0] : Arrays.copyOfRange(bytes, from, bytes.length);
    return switch (stream) {
      case OUTPUT -> output(Channel.STDOUT, data);
      case ERRORS -> output(Channel.STDERR, data);
      case EXIT -> data.length == 0 ? Optional.empty() : Optional.of(exit(data[0] & 0xFF));
      default -> Optional.empty();
    };
  }

  private static Optional<VendorEvent> output(Channel channel, byte[] data) {
    return data.length == 0 ? Optional.empty() : Optional.of(new VendorEvent.Output(channel, data));
  }

  /** Beside the exit there are words about sessions and ports. */
  private static Optional<VendorEvent> text(String text) throws IOException {
    try {
      JsonNode message = SpritesApi.JSON.readTree(text);
      if (!message.path("type").asString("").equals("exit")) {
        return Optional.empty();
      }
      if (!message.path("exit_code").isNumber()) {
        throw new IOException("it ended without an exit code");
      }
      return Optional.of(exit(message.path("exit_code").asInt()));
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  private static VendorEvent exit(int code) {
    boolean signalled = code > SIGNALLED && code <= SIGNALLED + MOST_SIGNAL;
    return signalled ? VendorEvent.Exit.signal(code - SIGNALLED) : VendorEvent.Exit.code(code);
  }

  private ProviderException lost(String why) {
    return new ProviderException(
        "the command can no longer be followed: " + why,
        ErrorDetails.at(sandbox.provider(), sandbox.id())
            .withRemedy("run it again, or look in the sandbox at what it did"));
  }

  // ---- in ----

  @Override
  public void write(byte[] data) {
    try {
      write(data, 0, data.length);
    } catch (IOException e) {
      throw lost(String.valueOf(e.getMessage()));
    }
  }

  private void write(byte[] data, int from, int to) throws IOException {
    if (terminal) {
      socket.send(Arrays.copyOfRange(data, from, to));
      return;
    }
    byte[] frame = new byte[1 + to - from];
    frame[0] = INPUT;
    System.arraycopy(data, from, frame, 1, to - from);
    socket.send(frame);
  }

  @Override
  public void closeInput() {
    try {
      socket.send(new byte[] {terminal ? END_OF_TRANSMISSION : INPUT_END});
    } catch (IOException e) {
      throw lost(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void resize(TerminalSize size) {
    String message =
        SpritesApi.JSON
            .createObjectNode()
            .put("type", "resize")
            .put("cols", size.columns())
            .put("rows", size.rows())
            .toString();
    try {
      socket.send(message);
    } catch (IOException e) {
      throw lost(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public OptionalLong pid() {
    return OptionalLong.of(pid);
  }

  @Override
  public void close() {
    closed = true;
    socket.close();
  }
}
