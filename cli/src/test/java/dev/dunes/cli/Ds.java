package dev.dunes.cli;

import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.SandboxesBuilder;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code ds} in this process, with captured streams and fake providers. Each run opens the
 * providers anew.
 */
final class Ds {
  private final List<FakeProvider> providers = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();
  private String program = "ds";
  private InputStream stdin = InputStream.nullInputStream();
  private Terminals terminals = Terminals.NONE;
  private Path directory = Path.of("");
  private Optional<OutputStream> stdout = Optional.empty();

  /** With one provider, {@code fake}. */
  static Ds with(FakeProvider... providers) {
    Ds ds = new Ds();
    ds.providers.addAll(List.of(providers));
    return ds;
  }

  Ds stdin(byte[] bytes) {
    stdin = new ByteArrayInputStream(bytes);
    return this;
  }

  Ds stdin(String text) {
    return stdin(text.getBytes(StandardCharsets.UTF_8));
  }

  Ds stdout(OutputStream stream) {
    stdout = Optional.of(stream);
    return this;
  }

  /** On a terminal, which has nothing to read. */
  Ds terminals(boolean in, boolean out, boolean err) {
    terminals = new Terminals(in, out, err);
    return this;
  }

  Ds env(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** All of these. */
  Ds env(Map<String, String> variables) {
    environment.putAll(variables);
    return this;
  }

  Ds directory(Path path) {
    directory = path;
    return this;
  }

  Ds program(String name) {
    program = name;
    return this;
  }

  Result run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            program,
            stdin,
            stdout.orElse(out),
            err,
            terminals,
            environment,
            directory,
            Interruption.none(),
            this::sandboxes);
    int code = new Cli(console).run(arguments);
    return new Result(code, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
  }

  private Sandboxes sandboxes() {
    SandboxesBuilder builder =
        Sandboxes.builder()
            .factories(List.of())
            .settings(new ProviderSettings(Map.of(), Map.copyOf(environment)));
    providers.forEach(provider -> builder.register(provider.name(), provider));
    return builder.build();
  }

  /** What a run left. */
  @SuppressWarnings("ArrayRecordComponent") // compared by its text
  record Result(int code, byte[] bytes, String err) {
    String out() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }
}
