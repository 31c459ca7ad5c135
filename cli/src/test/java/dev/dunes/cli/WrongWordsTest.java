package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What newcomers type at the verbs for programs that use sandboxes of a server. */
class WrongWordsTest {
  @TempDir private Path directory;

  private Ds.Result run(String... words) {
    return Ds.with(new FakeProvider("fake")).directory(directory).stdin("v").run(words);
  }

  /** Each is an error of one line, and one line that says what to do. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "keys                          | 2 | needs one of: create, list, revoke | ds keys --help",
        "keys lst                      | 2 | has no 'lst'; there are: create, list, revoke | ds keys --help",
        "keys create                   | 2 | NAME | ds keys create --help",
        "keys create a b               | 2 | 'b' | ds keys create --help",
        "keys create a -e http://x     | 2 | asks no server | directory the server was started in",
        "keys list --endpoint=http://x | 2 | asks no server | directory the server was started in",
        "keys -e http://x list         | 2 | asks no server | directory the server was started in",
        "keys list -t token            | 2 | asks no server | directory the server was started in",
        "keys create a --limit cpu     | 2 | 'cpu' is not KEY=VALUE | --limit KEY=VALUE",
        "keys create a --limit x=1     | 2 | unknown limit 'x'; there are lifetime | ds keys create --help",
        "keys create a --limit cpu=x   | 2 | limit 'cpu' must be a number | ds keys create --help",
        "keys create a --limit disk=-1 | 2 | limit 'disk' must be | ds keys create --help",
        "keys revoke                   | 2 | ID | ds keys revoke --help",
        "keys revoke k1                | 1 | no key 'k1' | ds keys list",
        "secrets                       | 2 | needs one of: set, list, delete | ds secrets --help",
        "secrets put a                 | 2 | has no 'put'; there are: set, list, delete | ds secrets --help",
        "secrets set                   | 2 | NAME | ds secrets set --help",
        "secrets set a -e http://x     | 2 | asks no server | directory the server was started in",
        "secrets set a --account k1    | 2 | no key 'k1' | ds keys list",
        "secrets list --account k1     | 2 | no key 'k1' | ds keys list",
        "secrets delete a              | 1 | 'a' | ds secrets list",
        "template                      | 2 | needs one of: build, list, delete | ds template --help",
        "template bild                 | 2 | has no 'bild'; there are: build, list, delete | ds template --help",
        "template build                | 2 | --name | ds template build --help",
        "template build --name FROM%debian | 2 | 'FROM debian' cannot be the name of a template | FROM in the file",
        "template build --name debian! | 2 | 'debian!' cannot be the name of a template | FROM in the file",
        "template build --name a --cpu x | 2 | --cpu | ds template build --help",
        "template build --name a       | 2 | there is nothing to build | begins with FROM base",
        "template build --name a -f .  | 2 | it is a directory | -f names the file",
        "template list -e nowhere      | 2 | --endpoint: 'nowhere' cannot be used | http://127.0.0.1:2468",
        "template list -e http://127.0.0.1:1 | 1 | cannot reach http://127.0.0.1:1 | ds server",
        "template delete               | 2 | NAME | ds template delete --help",
        "env                           | 2 | needs one of: e2b | ds env --help",
        "env e2c                       | 2 | has no 'e2c'; there are: e2b | ds env --help",
        "env e2b -e nowhere            | 2 | --endpoint: 'nowhere' cannot be used | http://127.0.0.1:2468",
        "env e2b --domain a/b          | 2 | --domain: 'a/b' cannot be used | e2b.localhost:8443",
        "env e2b --domain e2b.localhost | 1 | no certificate of a server | DUNES_E2B_TLS_PORT",
        "port                          | 2 | SANDBOX | ds port --help",
        "port ibox                     | 2 | PORT | ds port --help",
        "port ibox x                   | 2 | 'x' | ds port --help",
        "port ibox 0                   | 2 | PORT: '0' cannot be used | from 1 to 65535",
        "port ibox 80 --local 70000    | 2 | --local: '70000' cannot be used | from 0 to 65535",
        "port ibox 80 --for 9          | 2 | --for goes with --url | --url",
        "port ibox 80 --url --local 1  | 2 | --local and --url do not go together | leave",
        "port ibox 80 -p fake          | 1 | no sandbox | ds list",
        "port ibox 80 -e nowhere       | 2 | --endpoint: 'nowhere' cannot be used | http://127.0.0.1:2468",
        "port ibox 80 -e http://127.0.0.1:1 | 1 | cannot reach http://127.0.0.1:1 | ds server",
      })
  void isAnErrorWithARemedy(String words, int code, String said, String remedy) {
    String[] all =
        Arrays.stream(words.strip().split(" "))
            .map(w -> w.replace('%', ' '))
            .toArray(String[]::new);
    Ds.Result result = run(all);
    assertThat(result.err()).startsWith("❌ ").contains(said.strip()).contains(remedy.strip());
    assertThat(result.err().lines()).hasSizeLessThanOrEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.code()).as(result.err()).isEqualTo(code);
  }

  @Test
  void whoIsInTheWrongDirectoryIsTold() throws Exception {
    String told = "no server has kept anything in " + directory.toAbsolutePath().normalize();
    assertThat(run("keys", "list").err()).contains(told);
    assertThat(run("keys", "list").out()).isEqualTo("No keys\n");
    assertThat(run("secrets", "list").err()).contains(told);
    assertThat(run("keys", "create", "first").err()).contains(told);
    assertThat(run("keys", "create", "second").err()).isEmpty();
    assertThat(run("secrets", "list").out()).isEqualTo("No secrets\n");
    Path kept = directory.resolve(".sandstorm/hosting/keys.json");
    assertThat(kept).exists();
    Files.writeString(kept, "{");
    Ds.Result damaged = run("keys", "list");
    assertThat(damaged.code()).isEqualTo(1);
    assertThat(damaged.err()).contains("keys.json").contains("is whole").doesNotContain("report");
  }

  @Test
  void whatIsNoDescriptionOfATemplateIsSaid() throws Exception {
    Path file = directory.resolve("dunes.template");
    Files.writeString(file, "FROM debian AS base\n");
    assertThat(run("template", "build", "--name", "a").err())
        .contains("line 1: FROM takes one name and nothing after it, not 'debian AS base'");
    Files.writeString(file, "FROM !\n");
    assertThat(run("template", "build", "--name", "a").err())
        .contains("line 1: '!' is the name of no template and no image");
    Files.write(file, new byte[] {(byte) 0xff, 0});
    assertThat(run("template", "build", "--name", "a").err()).contains("is no text in UTF-8");
  }
}
