package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SecretMaskTest {
  private final RecordingProvider provider = new RecordingProvider();
  private final Sandboxes sandboxes = Fixtures.only("mock", provider);

  @Test
  @DisplayName("L13 the whole value becomes ***")
  void theWholeValue() {
    SecretMask mask = SecretMask.of(Map.of("API_KEY", "sk-123456"));
    assertThat(mask.apply("key sk-123456, twice sk-123456!")).isEqualTo("key ***, twice ***!");
  }

  @Test
  void whichVariablesAreSecret() {
    Map<String, String> secret =
        Map.of("DB_PASSWORD", "aaaaa", "my_token", "bbbbb", "KEYS", "ccccc", "Secret", "ddddd");
    assertThat(SecretMask.of(secret).apply("aaaaa bbbbb ccccc ddddd")).isEqualTo("*** *** *** ***");
    assertThat(SecretMask.of(Map.of("HOME", "/home/user", "A_KEY", "four")).isEmpty()).isTrue();
  }

  @Test
  void aSecretThatBeginsWithAnotherIsReplacedAsAWhole() {
    SecretMask mask = SecretMask.of(Map.of("A_KEY", "abcde", "B_KEY", "abcdefgh"));
    assertThat(mask.apply("abcdefgh abcdefg abcde")).isEqualTo("*** ***fg ***");
  }

  @Test
  @DisplayName("L13 a value cut by the edge of a chunk is masked")
  void acrossChunks() {
    SecretMask.Filter filter = SecretMask.of(Map.of("T_TOKEN", "secret-token")).filter();
    assertThat(text(filter.add(bytes("go sec")))).isEqualTo("go ");
    assertThat(text(filter.add(bytes("ret-tok")))).isEmpty();
    assertThat(text(filter.add(bytes("en; secret-")))).isEqualTo("***; ");
    assertThat(text(filter.end())).isEqualTo("secret-");
  }

  @Test
  void whatOnlyBeginsLikeASecretComesOutUnchanged() {
    SecretMask mask = SecretMask.of(Map.of("A_KEY", "aaaab"));
    assertThat(mask.apply("aaaaaab aaaa")).isEqualTo("aa*** aaaa");
  }

  @Property
  void cutsMakeNoDifference(
      @ForAll @StringLength(max = 60) @CharRange(from = 'a', to = 'b') String text,
      @ForAll @IntRange(min = 1, max = 7) int size) {
    SecretMask mask =
        SecretMask.of(Map.of("A_KEY", "ababa", "B_KEY", "abbabba", "C_KEY", "ababab"));
    SecretMask.Filter filter = mask.filter();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int at = 0; at < text.length(); at += size) {
      out.writeBytes(filter.add(bytes(text.substring(at, Math.min(text.length(), at + size)))));
    }
    out.writeBytes(filter.end());
    assertThat(text(out.toByteArray())).isEqualTo(mask.apply(text)).doesNotContain("ababa");
  }

  @Test
  @DisplayName("L13 secrets of the command and of the sandbox are masked in both channels")
  void bothEnvironments() {
    provider.runs =
        command ->
            new FakeCommand(
                0,
                RecordingProvider.chunk(Channel.STDOUT, "call-"),
                RecordingProvider.chunk(Channel.STDERR, "box-secret"),
                RecordingProvider.chunk(Channel.STDOUT, "secret"));
    String id = sandboxes.create(SandboxSpec.builder().env("BOX_KEY", "box-secret").build()).id();
    Command command = Command.shellBuilder("x").env("CALL_KEY", "call-secret").build();

    ExecResult masked = sandboxes.execute("mock", id, command);
    assertThat(masked.stdout()).isEqualTo("***");
    assertThat(masked.stderr()).isEqualTo("***");

    ExecResult plain = sandboxes.execute("mock", id, command, false);
    assertThat(plain.stdout()).isEqualTo("call-secret");
    assertThat(plain.stderr()).isEqualTo("box-secret");
  }

  @Test
  @DisplayName("L13 a stream is masked as it comes")
  void streams() {
    provider.runs =
        command ->
            new FakeCommand(
                3,
                RecordingProvider.chunk(Channel.STDOUT, "first sec"),
                RecordingProvider.chunk(Channel.STDERR, "apart"),
                RecordingProvider.chunk(Channel.STDOUT, "ret-value last secret"));
    String id = sandboxes.create(SandboxSpec.DEFAULT).id();
    Command command = Command.shellBuilder("x").env("MY_SECRET", "secret-value").build();
    List<String> seen = new ArrayList<>();
    try (ExecStream stream = sandboxes.stream("mock", id, command)) {
      stream.text().forEach(seen::add);
      assertThat(stream.result().exitCode()).isEqualTo(3);
    }
    assertThat(seen).containsExactly("first ", "apart", "*** last ", "secret");
    assertThat(provider.closedHandles).containsExactly(id);
  }

  @Test
  void theStreamsOfACommandAreMaskedToo() throws Exception {
    RunningCommand masked =
        SecretMask.of(Map.of("A_KEY", "abcde"))
            .on(
                new FakeCommand(
                    0,
                    RecordingProvider.chunk(Channel.STDOUT, "xab"),
                    RecordingProvider.chunk(Channel.STDERR, "abcd"),
                    RecordingProvider.chunk(Channel.STDOUT, "cdey")));
    assertThat(text(masked.stdout().readAllBytes())).isEqualTo("x***y");
    assertThat(masked.stderr().read()).isEqualTo('a');
    assertThat(masked.stderr().skip(2)).isEqualTo(2);
    assertThat(text(masked.stderr().readAllBytes())).isEqualTo("d");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
