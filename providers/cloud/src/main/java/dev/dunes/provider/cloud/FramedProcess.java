package dev.dunes.provider.cloud;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.TerminalSize;
import dev.dunes.sandbox.Timeouts;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A process of a vendor who streams lines of text: {@link FrameScripts#RUN} makes exact bytes of
 * them. An adapter brings the lines.
 */
public abstract class FramedProcess implements VendorProcess {
  /** Above it, exit codes of a shell mean signals. */
  private static final int SIGNALLED = 128;

  private static final int MOST_SIGNAL = 64;
  private static final byte END_OF_TRANSMISSION = 4;
  private static final int LONGEST_BASE64 = 1 << 20;

  /** Linux: MAX_ARG_STRLEN, and what fits beside it. */
  private static final int MOST_WORD = 128 << 10;

  private static final int MOST_WORDS = 1 << 20;
  private static final Duration BEGIN_LIMIT = Duration.ofSeconds(60);

  private final CloudSandbox sandbox;
  private final FrameEnd out;
  private final FrameEnd err;
  private final Deque<VendorEvent> ready = new ArrayDeque<>();
  private OptionalInt code = OptionalInt.empty();
  private boolean errEnded;
  private volatile long pid;
  private volatile String directory = "";
  private volatile String holder = "0";

  /** Its path in the sandbox, when it runs on one. */
  private volatile String terminal = "";

  /**
   * @param mark as in {@link #argv}
   */
  protected FramedProcess(CloudSandbox sandbox, String mark) {
    this.sandbox = sandbox;
    this.out = new FrameEnd(mark);
    this.err = new FrameEnd(mark);
  }

  /** A mark that no command can know. */
  public static String newMark() {
    return UUID.randomUUID().toString();
  }

  /** What the vendor has to run, with the variables of the launch in front of the program. */
  public static List<String> argv(Launch launch, String mark) {
    checkSizes(launch);
    String size = launch.terminal().map(each -> each.rows() + " " + each.columns()).orElse("");
    List<String> argv =
        Scripts.argv(FrameScripts.RUN, mark, launch.stdin() ? "1" : "0", launch.token(), size);
    argv.addAll(withEnv(launch.argv(), launch.env()));
    return argv;
  }

  /** Refuses what the kernel would: the shell that should say so does not begin. */
  public static void checkSizes(Launch launch) {
    long all = 0;
    for (String word : withEnv(launch.argv(), launch.env())) {
      int bytes = word.getBytes(StandardCharsets.UTF_8).length;
      all += bytes;
      if (bytes >= MOST_WORD || all >= MOST_WORDS) {
        throw InvalidRequestException.field(
            "argv", bytes + " bytes", "arguments below 128 KiB each, and 1 MiB together");
      }
    }
  }

  /** A program with variables, by way of {@code env}. */
  public static List<String> withEnv(List<String> program, Map<String, String> env) {
    List<String> argv = new ArrayList<>();
    argv.add("env");
    env.forEach((name, value) -> argv.add(name + "=" + value));
    argv.addAll(program);
    return argv;
  }

  /** Words as one line of shell. */
  public static String line(List<String> argv) {
    return String.join(" ", argv.stream().map(Scripts::quote).toList());
  }

  /**
   * The next line of one of the two channels, without its end.
   *
   * @param channel where the vendor saw it
   */
  public record Line(Channel channel, String text) {}

  /** The next line; empty when the vendor's stream has ended. Throws when it broke. */
  protected abstract Optional<Line> nextLine();

  /** Waits until the command was begun. */
  protected final void awaitBegun() {
    Timeouts.within(
        BEGIN_LIMIT,
        () -> {
          while (pid == 0 && code.isEmpty()) {
            take(nextLine().orElseThrow(() -> lost("it ended before the command was begun")));
          }
          return true;
        });
  }

  @Override
  public VendorEvent next() {
    while (ready.isEmpty()) {
      take(nextLine().orElseThrow(() -> lost("the stream ended before the command")));
    }
    return ready.remove();
  }

  private void take(Line line) {
    String text = line.text();
    if (text.length() < 3 || text.charAt(1) != ' ') {
      return; // what a shell says when a program is killed, such as "Killed"
    }
    String rest = text.substring(2);
    switch (text.charAt(0)) {
      case 'd' -> place(rest);
      case 'p' -> pid = number(rest);
      case 't' -> terminal(rest);
      case 'o' -> {
        FrameEnd.Part part = out.take(decode(rest));
        add(Channel.STDOUT, part.data());
        part.after().ifPresent(after -> code = OptionalInt.of((int) number(after.strip())));
      }
      case 'e' -> {
        FrameEnd.Part part = err.take(decode(rest));
        add(Channel.STDERR, part.data());
        errEnded |= part.after().isPresent();
      }
      case 'x' -> throw rest.equals("terminal") ? noTerminal() : lost(rest);
      default -> {}
    }
    if (code.isPresent() && errEnded) {
      int ended = code.getAsInt();
      boolean signalled = ended > SIGNALLED && ended <= SIGNALLED + MOST_SIGNAL;
      ready.add(
          signalled ? VendorEvent.Exit.signal(ended - SIGNALLED) : VendorEvent.Exit.code(ended));
    }
  }

  private void place(String rest) {
    String[] words = rest.split(" ", 3);
    if (words.length == 2 && words[0].startsWith("/") && words[1].matches("[0-9]{1,10}")) {
      directory = words[0];
      holder = words[1];
    }
  }

  private void terminal(String path) {
    if (path.matches("/dev/pts/[0-9]{1,9}")) {
      terminal = path;
    }
  }

  private UnsupportedCapabilityException noTerminal() {
    return CloudSpecs.unsupported(
        sandbox.provider(),
        "terminal",
        "the image has nothing that opens one",
        "use one with python3, or with script of util-linux; or run it without a terminal");
  }

  private void add(Channel channel, byte[] data) {
    if (data.length > 0) {
      ready.add(new VendorEvent.Output(channel, data));
    }
  }

  private byte[] decode(String base64) {
    try {
      if (base64.length() > LONGEST_BASE64) {
        throw lost("a line is too long");
      }
      return Base64.getDecoder().decode(base64.strip());
    } catch (IllegalArgumentException e) {
      throw lost("a line is no base64");
    }
  }

  private long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw lost("'%s' is no number".formatted(Printable.of(text)));
    }
  }

  /** The command cannot be followed any more. */
  protected final ProviderException lost(String why) {
    return new ProviderException(
        "the command can no longer be followed: " + why,
        ErrorDetails.at(sandbox.provider(), sandbox.id())
            .withRemedy("run it again, or look in the sandbox at what it did"));
  }

  /**
   * Asks the sandbox something, for a vendor that says only then that it is gone: that is why,
   * then, and else the cause is.
   */
  protected final SandboxException whyReached(SandboxException cause) {
    SandboxException[] why = {cause};
    ClearingAway.run(() -> {
      try {
        sandbox.scriptAnywhere(":");
      } catch (SandboxNotFoundException gone) {
        why[0] = gone;
      } catch (SandboxException unknown) {
        cause.addSuppressed(unknown);
      }
    });
    return why[0];
  }

  /** Ends all of a command that can no longer be followed. */
  protected final void endTree(String token) {
    sandbox.endTree(token);
  }

  @Override
  public void write(byte[] data) {
    sandbox
        .scriptAnywhere(FrameScripts.WRITE, directory, Base64.getEncoder().encodeToString(data))
        .require("the command takes no input");
  }

  @Override
  public void closeInput() {
    if (terminal.isEmpty()) {
      sandbox.scriptAnywhere(FrameScripts.CLOSE, holder);
    } else {
      write(new byte[] {END_OF_TRANSMISSION});
    }
  }

  @Override
  public void resize(TerminalSize size) {
    if (!terminal.isEmpty()) {
      sandbox
          .scriptAnywhere(
              TerminalScripts.RESIZE,
              terminal,
              Integer.toString(size.rows()),
              Integer.toString(size.columns()))
          .require("the terminal could not be resized");
    }
  }

  @Override
  public OptionalLong pid() {
    return pid == 0 ? OptionalLong.empty() : OptionalLong.of(pid);
  }
}
