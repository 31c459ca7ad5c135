package dev.dunes.sandbox.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.WriteOptions;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/** The program of a {@link Peer}: one question per line, one answer per line. */
final class PeerMain {
  private static final int CHUNK = 1 << 16;

  private final SandboxProvider provider;
  private final String mark;

  private PeerMain(SandboxProvider provider, String mark) {
    this.provider = provider;
    this.mark = mark;
  }

  public static void main(String[] args) throws Exception {
    Map<String, String> configured = new HashMap<>();
    for (int i = 2; i < args.length; i++) {
      configured.put(
          args[i].substring(0, args[i].indexOf('=')), args[i].substring(args[i].indexOf('=') + 1));
    }
    SandboxProviderFactory factory =
        (SandboxProviderFactory) Class.forName(args[0]).getDeclaredConstructor().newInstance();
    PeerMain main =
        new PeerMain(factory.open(new ProviderSettings(configured, System.getenv())), args[1]);
    BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    PrintStream answers = new PrintStream(System.out, true, UTF_8);
    for (String line = questions.readLine(); line != null; line = questions.readLine()) {
      answers.println(main.answerOrFailure(line.split(Peer.SEPARATOR, -1)));
    }
    // ends without closing anything: what happens then is part of what is tested
    Runtime.getRuntime().halt(0);
  }

  private String answerOrFailure(String[] words) {
    try {
      return answer(words);
    } catch (SandboxException | IOException e) {
      return "failed: " + e;
    }
  }

  private String answer(String[] words) throws IOException {
    return switch (words[0]) {
      case "create" -> provider.create(spec(words[1]).build()).id();
      case "create-detached" -> provider.create(spec(words[1]).detached().build()).id();
      case "find" -> provider.find(Map.of("peer", words[1])).map(Sandbox::id).orElse("none");
      case "exec" -> provider.execute(words[1], Command.shell(words[2])).stdout().strip();
      case "start" -> {
        // stays open: nothing here ever closes it
        Sandbox sandbox = provider.get(words[1]).orElseThrow();
        yield sandbox.start(Command.shell(words[2])).take().orElseThrow().text().strip();
      }
      case "state" ->
          provider.get(words[1]).map(sandbox -> sandbox.state().wireName()).orElse("gone");
      case "destroy" -> Boolean.toString(provider.destroy(words[1]));
      case "copy" ->
          copy(provider.get(words[1]).orElseThrow().files(), words[2], Long.parseLong(words[3]));
      default -> "failed: unknown question " + words[0];
    };
  }

  private SandboxSpec.Builder spec(String label) {
    return SandboxSpec.builder()
        .lifetime(Duration.ofMinutes(10))
        .env(Suite.MARK, mark)
        .label("conformance", mark)
        .label("peer", label);
  }

  private static String copy(SandboxFiles files, String path, long size) throws IOException {
    CRC32C written = new CRC32C();
    byte[] chunk = Hashes.bytes(CHUNK, 9);
    try (OutputStream out = files.write(path, WriteOptions.DEFAULT)) {
      for (long left = size; left > 0; left -= chunk.length) {
        chunk[(int) (left >> 16) & (CHUNK - 1)]++; // no two chunks are equal
        written.update(chunk, 0, chunk.length);
        out.write(chunk);
      }
    }
    CRC32C read = new CRC32C();
    try (InputStream in = files.read(path)) {
      byte[] buffer = new byte[CHUNK];
      for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
        read.update(buffer, 0, count);
      }
    }
    return written.getValue() == read.getValue() ? "equal" : "different";
  }
}
