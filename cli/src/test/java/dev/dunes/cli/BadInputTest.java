package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxQuotaException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BadInputTest {
  private final FakeProvider fake = new FakeProvider("fake");
  private final Ds ds = Ds.with(fake);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "-t 0        | ❌ --timeout: '0' cannot be used; use a number of seconds from 1 to 31535940",
        "-t -3       | ❌ --timeout: '-3' cannot be used; use a number of seconds from 1 to 31535940",
        "--memory 1  | ❌ --memory: '1' cannot be used; use a number of at least 4",
        "--cpus 0    | ❌ --cpus: '0.0' cannot be used; use a number from 0.01 to 1024",
        "--cpus NaN  | ❌ --cpus: 'NaN' cannot be used; use a number from 0.01 to 1024",
        "--disk 0    | ❌ --disk: '0' cannot be used; use a number of at least 1",
        "--pids 1    | ❌ --pids: '1' cannot be used; use a number of at least 4",
        "-w sub      | ❌ --workdir: 'sub' cannot be used; use an absolute path",
        "-e 1A=b     | ❌ --env: '1A' cannot be used; use names of letters, digits and _, not starting with a digit",
        "-l a!=b     | ❌ --label: 'a!' cannot be used; use names of 1 to 63 letters, digits and _ . / -, starting with a letter or digit",
        "--network x | ❌ --network: 'x' cannot be used; use one of none, host, bridge",
        "--isolation x | ❌ --isolation: 'x' cannot be used; use one of none, namespace, gvisor, microvm",
      })
  void aValueThatCannotBeIsOneLineAndExit2(String option, String line) {
    String[] words = option.strip().split(" ");
    Ds.Result result = ds.run("run", words[0], words[1], "true");
    assertThat(result.err()).isEqualTo(line + "\n");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(fake.made).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "-t,x,--timeout",
    "-t,1.5,--timeout",
    "--memory,lots,--memory",
    "-e,X,--env",
    "-e,=v,--env",
    "-l,X,--label",
    "-f,no-such-file,--file",
    "--nonsense,x,--nonsense",
  })
  void whatMakesNoSenseNamesTheOptionAndExits2(String option, String value, String named) {
    Ds.Result result = ds.run("run", option, value, "true");
    assertThat(result.err()).startsWith("❌ ").contains(named);
    assertThat(result.err().lines()).hasSizeLessThanOrEqualTo(2);
    assertThat(result.code()).isEqualTo(2);
    assertThat(fake.made).isEmpty();
  }

  @Test
  void aFileMustBeAFile(@TempDir Path directory) {
    Ds.Result result = ds.run("run", "-f", directory.toString());
    assertThat(result.err()).contains("--file").contains("is a directory");
    assertThat(result.code()).isEqualTo(2);
  }

  @Test
  void aCommandOfSeveralWordsIsExplained() {
    Ds.Result result = ds.run("run", "echo", "hi");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo(
            "❌ unexpected argument 'hi': the command is one argument\nquote it: ds run 'echo hello'\n");
  }

  @Test
  void argumentsThatLookLikeArgumentFilesAreNot() {
    assertThat(ds.run("run", "@nothing").code()).isZero();
    assertThat(fake.lastCommand().argv().getLast()).isEqualTo("@nothing");
  }

  @ParameterizedTest
  @CsvSource({"run,true", "list,--json", "destroy,x", "test,--json"})
  void anUnknownProviderIsExit1(String verb, String argument) {
    Ds.Result result = ds.run(verb, "-p", "nope", argument);
    assertThat(result.err()).isEqualTo("❌ Unknown provider: nope\nAvailable providers: fake\n");
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void whatAProviderRefusesAsInvalidIsExit2() {
    fake.broken =
        Optional.of(InvalidRequestException.field("image", "no-such", "a template that exists"));
    Ds.Result result = ds.run("run", "-i", "no-such", "true");
    assertThat(result.err())
        .isEqualTo("❌ --image: 'no-such' cannot be used; use a template that exists\n");
    assertThat(result.code()).isEqualTo(2);
  }

  @Test
  void anErrorOfAProviderIsItsOwnMessageAndRemedy() {
    fake.broken =
        Optional.of(new ProviderException("no room\033[31m", ErrorDetails.remedy("make room")));
    Ds.Result result = ds.run("run", "true");
    assertThat(result.err()).isEqualTo("❌ no room\\u001b[31m\nmake room\n");
    assertThat(result.code()).isEqualTo(1);
    fake.broken = Optional.of(new SandboxQuotaException("limit reached: 5", ErrorDetails.NONE));
    assertThat(ds.run("run", "true").err()).isEqualTo("❌ limit reached: 5\n");
  }

  @Test
  void stackTracesAreForThoseWhoAsk() {
    fake.broken = Optional.of(new ProviderException("no room"));
    assertThat(ds.run("run", "true").err()).doesNotContain("\tat ");
    assertThat(ds.env("DUNES_DEBUG", "1").run("run", "true").err()).contains("\tat ");
  }

  @Test
  void aProviderNamedInTheEnvironmentIsUsedOrRefused() {
    FakeProvider other = new FakeProvider("other");
    Ds both = Ds.with(fake, other).env("DUNES_PROVIDER", "other");
    both.run("run", "true");
    assertThat(other.made).hasSize(1);
    both.run("run", "-p", "fake", "true");
    assertThat(fake.made).hasSize(1);
    Ds.Result result = both.env("DUNES_PROVIDER", "nope").run("run", "true");
    assertThat(result.err())
        .isEqualTo("❌ Unknown provider: nope\nAvailable providers: fake, other\n");
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void everyVerbExplainsItself() {
    for (Verbs verb : Verbs.values()) {
      for (List<String> words :
          List.of(List.of(verb.word(), "--help"), List.of("help", verb.word()))) {
        Ds.Result result = ds.run(words.toArray(String[]::new));
        assertThat(result.code()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).startsWith("Usage: ds " + verb.word()).contains("Examples:");
      }
      assertThat(ds.run("--help").out()).contains("  " + verb.word() + " ");
    }
  }

  @Test
  void theProgramSaysItsVersionAndHelp() {
    assertThat(ds.run("--version").out()).isEqualTo("ds, version 0.1.0\n");
    assertThat(Ds.with(fake).program("sandboxes").run("--version").out())
        .isEqualTo("sandboxes, version 0.1.0\n");
    assertThat(ds.run().out()).isEqualTo(ds.run("--help").out());
    assertThat(ds.run("help", "exit-codes").out()).contains("124");
    assertThat(ds.run("--nonsense").code()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"srve,serve", "lst,list", "docter,doctor", "rnu,run", "hlep,help", "Query,query"})
  void aSlipOfTheFingerIsNoPrompt(String word, String meant) {
    Ds.Result result = ds.run(word);
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo(
            "❌ Unknown command: %s. Did you mean '%s'?\nas a prompt: ds query %s\n"
                .formatted(word, meant, word));
  }

  @Test
  void whatIsNoCommandIsAPrompt(@TempDir Path directory) {
    for (List<String> words :
        List.of(List.of("summarise"), List.of("--model", "opus", "hi"), List.of("lst of files"))) {
      Ds.Result result = ds.directory(directory).run(words.toArray(String[]::new));
      assertThat(result.err()).startsWith("❌ no model to ask").contains("ANTHROPIC_API_KEY");
      assertThat(result.code()).isEqualTo(1);
    }
    assertThat(Ds.with(fake).program("sandboxes").run("summarise").code()).isEqualTo(2);
  }

  @Test
  void otherNamesOfTheProgram() {
    Ds sandstorm = Ds.with(fake).program("duvo-sandstorm");
    assertThat(sandstorm.run("--version").out()).isEqualTo("sandstorm, version 0.1.0\n");
    assertThat(sandstorm.run("query", "--help").out()).startsWith("Usage: duvo-sandstorm query");
    Ds.Result unknown = Ds.with(fake).program("sandbox-agent").run("summarise");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).startsWith("❌ Unknown command: summarise\n");
    assertThat(unknown.out()).isEmpty();
  }
}
