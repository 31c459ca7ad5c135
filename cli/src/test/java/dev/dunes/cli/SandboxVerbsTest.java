package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.ProviderException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** exec, destroy, list, providers, test and shell. */
class SandboxVerbsTest {
  private final FakeProvider fake = new FakeProvider("fake");
  private final FakeProvider other = new FakeProvider("other");
  private final Ds ds = Ds.with(fake, other);

  @Test
  void execFindsTheProviderByItself() {
    other.make("sb-1", Map.of());
    other.script = Script.printing("hi");
    Ds.Result result =
        ds.run("exec", "sb-1", "echo hi", "-e", "A=b", "-t", "5", "-u", "me", "-w", "/srv");
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo("hi");
    assertThat(other.lastCommand().argv()).containsExactly("/bin/sh", "-c", "echo hi");
    assertThat(other.lastCommand().env()).isEqualTo(Map.of("A", "b"));
    assertThat(other.lastCommand().timeout()).contains(Duration.ofSeconds(5));
    assertThat(other.lastCommand().user()).contains("me");
    assertThat(other.lastCommand().workingDir()).contains("/srv");
    assertThat(other.boxes).as("never destroyed").containsKey("sb-1");
  }

  @Test
  void execEndsAsTheCommandDoesAndHasNoTimeoutOfItsOwn() {
    fake.make("sb-1", Map.of());
    fake.script = (command, io) -> 9;
    assertThat(ds.run("exec", "-p", "fake", "sb-1", "x").code()).isEqualTo(9);
    assertThat(fake.lastCommand().timeout()).isEmpty();
    assertThat(ds.run("exec", "sb-1").code()).isEqualTo(2);
    assertThat(ds.run("exec").code()).isEqualTo(2);
  }

  @Test
  void anUnknownIdIsOneLine() {
    Ds.Result named = ds.run("exec", "-p", "fake", "nope", "true");
    assertThat(named.code()).isEqualTo(1);
    assertThat(named.err()).startsWith("❌ no sandbox 'nope' at provider 'fake'\n");
    Ds.Result unresolved = ds.run("exec", "nope", "true");
    assertThat(unresolved.code()).isEqualTo(2);
    assertThat(unresolved.err())
        .startsWith("❌ no provider knows a sandbox 'nope'\n")
        .contains("-p");
    assertThat(ds.run("destroy", "nope").code()).isEqualTo(2);
    Ds.Result gone = ds.run("destroy", "-p", "fake", "nope");
    assertThat(gone.code()).isEqualTo(1);
    assertThat(gone.err()).isEmpty();
  }

  @Test
  void anIdThatSeveralKnowNeedsAProvider() {
    fake.make("sb", Map.of());
    other.make("sb", Map.of());
    Ds.Result result = ds.run("destroy", "sb");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("fake, other").contains("-p");
    assertThat(ds.run("destroy", "sb", "-p", "other").code()).isZero();
    assertThat(fake.boxes).hasSize(1);
    assertThat(other.boxes).isEmpty();
  }

  @Test
  void destroyIsSilent() {
    fake.make("sb", Map.of());
    Ds.Result result = ds.run("destroy", "sb");
    assertThat(result.code()).isZero();
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).isEmpty();
    assertThat(fake.boxes).isEmpty();
  }

  @Test
  void listIsATable() {
    fake.make("sb-1", Map.of("cli", "true"));
    other.make("a-very-long-identifier-indeed", Map.of("job", "a-long-name-of-a-job-that-is-long"));
    other.make("z\033[31m", Map.of());
    Ds.Result result = ds.run("list");
    assertThat(result.out())
        .isEqualTo(
            """
            ID                    Provider  State    Labels
            --------------------  --------  -------  ------------------------------
            sb-1                  fake      running  {"cli": "true"}
            a-very-long-identifi  other     running  {"job": "a-long-name-of-a-job-
            z\\u001b[31m           other     running

            📦 Total: 3 sandboxes
            """);
    assertThat(ds.run("list", "-l", "cli=false").out()).isEqualTo("No sandboxes found\n");
    assertThat(ds.run("list", "-p", "fake").out()).contains("Total: 1 sandboxes");
    assertThat(ds.run("list", "-v").out())
        .contains("a-very-long-identifier-indeed")
        .contains("Isolation");
  }

  @Test
  void listIsJson() {
    fake.make("sb-1", Map.of("b", "é", "a", "y\"z"));
    Ds.Result result = ds.run("list", "--json");
    assertThat(result.out())
        .isEqualTo(
            """
            [
              {
                "id": "sb-1",
                "provider": "fake",
                "state": "running",
                "labels": {
                  "a": "y\\"z",
                  "b": "é"
                }
              }
            ]
            """);
    assertThat(ds.run("list", "--json", "-l", "no=ne").out()).isEqualTo("[]\n");
    assertThat(
            JsonMapper.shared()
                .readTree(ds.run("list", "--json", "-v").out())
                .get(0)
                .has("deadline"))
        .isTrue();
  }

  @Test
  void aProviderThatFailsDoesNotHideTheOthers() {
    fake.broken = Optional.of(new ProviderException("down\n\033[2J"));
    other.make("sb", Map.of());
    Ds.Result result = ds.run("list");
    assertThat(result.code()).isZero();
    assertThat(result.err()).isEqualTo("⚠️  fake: down\\n\\u001b[2J\n");
    assertThat(result.out()).contains("Total: 1");
    other.broken = Optional.of(new ProviderException("down too"));
    assertThat(ds.run("list").code()).isEqualTo(1);
    assertThat(ds.run("list", "-p", "fake").code()).isEqualTo(1);
  }

  @Test
  void coloursAreForTerminals() {
    fake.make("sb", Map.of());
    assertThat(ds.run("list").out()).doesNotContain("\033[");
    assertThat(ds.terminals(false, true, false).run("list").out()).contains("\033[1m");
    assertThat(ds.env("NO_COLOR", "1").run("list").out()).doesNotContain("\033[");
  }

  @Test
  void providersAreListed() {
    Ds.Result result = ds.run("providers", "--capabilities");
    assertThat(result.code()).isZero();
    assertThat(result.out())
        .startsWith(
            "\nAvailable Providers\n"
                + "=".repeat(50)
                + "\n\nfake\n  Status: ✅ Configured\n  Auth: ")
        .contains("  Description: ")
        .contains("\nCapability Matrix\n" + "=".repeat(50) + "\n")
        .contains(
            "  Provider | Persistent | Snapshot | Streaming | File Upload | Interactive Shell | GPU\n")
        .contains(
            "  fake     | Y          | -        | Y         | Y           | Y                 | -  \n")
        .contains("💡 To configure a provider:\n");
    assertThat(ds.run("providers").out()).doesNotContain("Matrix");
    JsonNode json =
        JsonMapper.shared().readTree(ds.run("providers", "--json", "--capabilities").out());
    assertThat(json.get(0).get("name").asString()).isEqualTo("fake");
    assertThat(json.get(0).get("default").asBoolean()).isTrue();
    assertThat(json.get(1).get("default").asBoolean()).isFalse();
    assertThat(json.get(0).get("capabilities").get("file_upload").asBoolean()).isTrue();
  }

  @Test
  void providersAreTriedOut() {
    fake.script = Script.printing("Hello from CLI test\n");
    other.broken = Optional.of(new ProviderException("x".repeat(60)));
    Ds.Result result = ds.run("test");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out())
        .startsWith(
            """

            🔬 Testing fake...
              Creating sandbox...
              ✅ Created: fake-1
              Executing command...
              ✅ Execution successful
              Destroying sandbox...
              ✅ Destroyed
            """)
        .endsWith(
            "\n%s\n📊 Test Results\n%s\nfake       ✅ Working\nother      ❌ Failed: %s\n"
                .formatted("=".repeat(50), "=".repeat(50), "x".repeat(50)));
    assertThat(result.err()).isEqualTo("  ❌ Error: " + "x".repeat(60) + "\n");
    assertThat(fake.lastCommand().argv().getLast()).isEqualTo("echo 'Hello from CLI test'");
    assertThat(fake.boxes).isEmpty();
    assertThat(ds.run("test", "-p", "fake").code()).isZero();
    JsonNode json = JsonMapper.shared().readTree(ds.run("test", "--json").out());
    assertThat(json.get(0).get("working").asBoolean()).isTrue();
    assertThat(json.get(1).get("error").asString()).isEqualTo("x".repeat(60));
  }

  @Test
  void aShellReadsAPipe() {
    fake.script =
        (command, io) -> {
          io.out(new String(io.input().readAllBytes()).toUpperCase(java.util.Locale.ROOT));
          return 5;
        };
    Ds.Result result = ds.stdin("exit 5\n").run("shell");
    assertThat(result.code()).isEqualTo(5);
    assertThat(result.out()).isEqualTo("EXIT 5\n");
    assertThat(fake.lastCommand().terminal()).isEmpty();
    assertThat(fake.boxes).isEmpty();
  }

  @Test
  void aShellWithANameIsKeptAndFoundAgain() {
    ds.run("shell", "-n", "dev");
    assertThat(fake.boxes).hasSize(1);
    assertThat(fake.made.getFirst().spec.labels()).isEqualTo(Map.of("cli", "true", "name", "dev"));
    assertThat(fake.made.getFirst().spec.detached()).isTrue();
    ds.run("shell", "-n", "dev");
    assertThat(fake.made).hasSize(1);
    ds.run("shell", "--keep");
    assertThat(fake.boxes).hasSize(2);
    ds.run("shell", "--tty");
    assertThat(fake.lastCommand().terminal()).isPresent();
    assertThat(fake.lastCommand().env()).containsKey("TERM");
    assertThat(ds.run("shell", "-n", "a\nb").code()).isEqualTo(2);
  }

  @Test
  void doctorExplainsEachProvider() {
    Ds.Result result = ds.run("doctor");
    assertThat(result.code()).isZero();
    assertThat(result.out())
        .contains("  ✅ java")
        .contains("\nfake (the default: registered first)\n  ✅ available")
        .endsWith("✅ Ready: sandboxes come from fake\n");
    JsonNode json = JsonMapper.shared().readTree(ds.run("doctor", "--json").out());
    assertThat(json.get("ready").asBoolean()).isTrue();
    assertThat(json.get("parts").get(1).get("checks").get(0).get("status").asString())
        .isEqualTo("ok");
    fake.script = Script.printing("Hello from CLI test");
    result = ds.run("doctor", "--deep");
    assertThat(result.code()).isZero();
    assertThat(result.out()).contains("  ✅ trial").contains("create ");
    fake.broken = Optional.of(new ProviderException("down"));
    result = ds.run("doctor", "--deep");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out()).contains("  ❌ trial               down");
  }

  @Test
  void withoutAnyProviderDoctorSaysSo() {
    Ds.Result result = Ds.with().run("doctor");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out()).contains("❌ Not ready");
    assertThat(Ds.with().run("run", "true").code()).isEqualTo(1);
    assertThat(Ds.with().run("test").code()).isEqualTo(1);
  }
}
