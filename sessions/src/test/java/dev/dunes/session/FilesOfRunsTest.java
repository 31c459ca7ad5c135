package dev.dunes.session;

import static dev.dunes.session.Workshop.RESULT;
import static dev.dunes.session.Workshop.echo;
import static dev.dunes.session.Workshop.texts;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files on their way into sandboxes and out of them. */
class FilesOfRunsTest {
  @TempDir Path directory;
  private Workshop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Workshop(directory);
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private static InputFiles files(String... pathsAndTexts) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int i = 0; i < pathsAndTexts.length; i += 2) {
      files.put(pathsAndTexts[i], pathsAndTexts[i + 1].getBytes(StandardCharsets.UTF_8));
    }
    return InputFiles.of(files);
  }

  private List<RunEvent.GeneratedFile> made(String script, InputFiles files) {
    return shop.run(script + "\n" + echo(RESULT), request -> request.files(files)).stream()
        .filter(RunEvent.GeneratedFile.class::isInstance)
        .map(RunEvent.GeneratedFile.class::cast)
        .toList();
  }

  @Test
  void uploadsBelongToTheAgentAndKeepEveryByte() {
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("a//b/./c.bin", bytes);
    files.put("..foo", "x".getBytes(StandardCharsets.UTF_8));
    List<RunEvent> events =
        shop.run(
            "stat -c '%a %u %n' a a/b a/b/c.bin ..foo; id -u; touch a/b/new a/new; cp a/b/c.bin out.bin; pwd\n"
                + echo(RESULT),
            request -> request.files(InputFiles.of(files)));

    List<String> lines =
        events.stream()
            .filter(RunEvent.Stdout.class::isInstance)
            .map(e -> ((RunEvent.Stdout) e).line())
            .toList();
    String uid = lines.get(4);
    assertThat(lines)
        .containsExactly(
            "755 " + uid + " a",
            "755 " + uid + " a/b",
            "644 " + uid + " a/b/c.bin",
            "644 " + uid + " ..foo",
            uid,
            "/home/user");
    RunEvent.GeneratedFile copy =
        events.stream()
            .filter(RunEvent.GeneratedFile.class::isInstance)
            .map(RunEvent.GeneratedFile.class::cast)
            .filter(file -> file.relativePath().equals("out.bin"))
            .findFirst()
            .orElseThrow();
    assertThat(copy.data().orElseThrow()).isEqualTo(bytes);
  }

  @Test
  void filesThatWereMadeOrChangedComeBeforeTheResult() {
    List<RunEvent> events =
        shop.run(
            "mkdir -p d .hidden d/.dot; echo new > d/new.txt; echo changed > in.txt; echo h > .hidden/f; "
                + "echo h > d/.dot/f; ln -s d/new.txt link; mkfifo pipe\n"
                + echo(RESULT),
            request -> request.files(files("in.txt", "old", "same.txt", "same")));

    assertThat(events).last().isInstanceOf(RunEvent.Result.class);
    assertThat(events.stream().filter(RunEvent.GeneratedFile.class::isInstance).map(Workshop::text))
        .containsExactly(
            "{\"type\":\"file\",\"name\":\"new.txt\",\"relative_path\":\"d/new.txt\",\"path\":\"/home/user/d/new.txt\",\"size\":4,\"data\":\"bmV3Cg==\"}",
            "{\"type\":\"file\",\"name\":\"in.txt\",\"relative_path\":\"in.txt\",\"path\":\"/home/user/in.txt\",\"size\":8,\"data\":\"Y2hhbmdlZAo=\"}");
  }

  @Test
  void aLargeFileIsFetchedByItsUrl() throws IOException {
    Run run =
        shop.start(
            "head -c 9000001 /dev/zero > 'big file'; head -c 9000000 /dev/zero > small\n"
                + echo(RESULT));
    List<RunEvent> events = Workshop.events(run);

    assertThat(Workshop.text(events.getFirst()))
        .isEqualTo(
            "{\"type\":\"file\",\"name\":\"big file\",\"relative_path\":\"big file\",\"path\":\"/home/user/big file\",\"size\":9000001,\"data\":null,\"url\":\"/runs/%s/files/big%%20file\"}"
                .formatted(run.id()));
    assertThat(((RunEvent.GeneratedFile) events.get(1)).data()).isPresent();
    try (var contents = shop.runs().file(run.id(), "big file").orElseThrow()) {
      assertThat(contents.readAllBytes()).hasSize(9_000_001);
    }
    assertThat(shop.runs().file(run.id(), "other")).isEmpty();
    assertThat(shop.runs().file("00000000", "big file")).isEmpty();
  }

  @Test
  void boundsOfWhatIsGivenOut() {
    assertThat(made("for i in 1 2 3 4 5 6 7 8 9 a b c; do echo x > f$i; done", InputFiles.NONE))
        .hasSize(10);
    assertThat(made("head -c 26214401 /dev/zero > big; echo x > small", InputFiles.NONE))
        .extracting(RunEvent.GeneratedFile::name)
        .containsExactly("small");
    assertThat(made("for i in 1 2 3; do head -c 20000000 /dev/zero > f$i; done", InputFiles.NONE))
        .hasSize(2);
  }

  @Test
  void nothingIsGivenOutWhenNobodyWantsIt() {
    assertThat(
            texts(shop.run("echo x > f\n" + echo(RESULT), request -> request.extractFiles(false))))
        .containsExactly(RESULT);
  }

  @Test
  void aKeptConversationCanBeGoneOnWith() {
    List<RunEvent> first =
        shop.run(
            "mkdir -p .claude/projects/p; echo talk > .claude/projects/p/s-1.jsonl; echo x > work.txt\n"
                + echo(RESULT),
            request -> request.keepSession(true));
    assertThat(first).last().isInstanceOf(RunEvent.Result.class);

    assertThat(
            texts(
                shop.run(
                    "cat .claude/projects/p/s-1.jsonl; ls work.txt 2>/dev/null || echo no workspace\n"
                        + echo(RESULT),
                    request -> request.resume("s-1").forkSession(true))))
        .containsExactly(
            "{\"type\":\"stdout\",\"data\":\"talk\"}",
            "{\"type\":\"stdout\",\"data\":\"no workspace\"}",
            RESULT);
    assertThat(shop.agent.opened.getLast().resume()).contains("s-1");
    assertThat(shop.agent.opened.getLast().fork()).isTrue();
    assertThat(directory.resolve(".sandstorm/sessions/s-1.tar"))
        .satisfies(file ->
            assertThat(java.nio.file.Files.getPosixFilePermissions(file))
                .isEqualTo(java.nio.file.attribute.PosixFilePermissions.fromString("rw-------")));
  }

  @Test
  void anUnknownConversationIsRefused() {
    for (String id : List.of("nobody", "../../etc/passwd", "")) {
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> shop.start("true", request -> request.resume(id)))
          .isInstanceOf(RunRefusedException.class)
          .hasMessage("Unknown session: " + id);
    }
  }

  @Test
  void aFailedUploadSaysWhatAndWhy() {
    Run run =
        shop.start(echo(RESULT), request -> request.files(files("ok", "x", "x".repeat(300), "y")));

    assertThat(texts(Workshop.events(run)))
        .singleElement()
        .asString()
        .contains("Failed to upload 2 files (ok, xxx", ") to sandbox: ", "\"code\":\"upload\"");
  }
}
