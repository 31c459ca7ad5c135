package dev.dunes.sandbox.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A second Java process that uses the same provider, told what to do line by line. See {@link
 * PeerMain}.
 */
final class Peer implements AutoCloseable {
  static final String SEPARATOR = "\t";

  private final Process process;
  private final BufferedReader answers;
  private final Writer questions;

  private Peer(Process process) {
    this.process = process;
    this.answers = process.inputReader(UTF_8);
    this.questions = process.outputWriter(UTF_8);
  }

  static Peer start(Suite suite, String... options) throws IOException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    line.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"));
    line.addAll(List.of(options));
    line.addAll(
        List.of("-cp", System.getProperty("java.class.path", ""), PeerMain.class.getName()));
    line.add(suite.factory().getClass().getName());
    line.add(suite.mark());
    suite.settings().configured().forEach((key, value) -> line.add(key + "=" + value));
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().keySet().retainAll(List.of("PATH", "HOME", "LANG", "TMPDIR"));
    builder.environment().putAll(suite.settings().environment());
    return new Peer(builder.start());
  }

  /** Asks for something and waits for the answer. */
  String ask(String... words) throws IOException {
    tell(words);
    return answer();
  }

  void tell(String... words) throws IOException {
    questions.write(String.join(SEPARATOR, words) + "\n");
    questions.flush();
  }

  String answer() throws IOException {
    String answer = answers.readLine();
    assertThat(answer).as("the second process's answer").isNotNull();
    assertThat(answer).doesNotStartWith("failed");
    return requireNonNull(answer);
  }

  /** As if the machine had lost it: SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(Suite.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  /** Lets it end by itself, without any cleaning up. */
  void end() throws IOException, InterruptedException {
    questions.close();
    assertThat(process.waitFor(Suite.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    try (answers;
        questions) {
      process.onExit().join();
    } catch (IOException e) {
      // what could not be written any more was not waited for
    }
  }
}
