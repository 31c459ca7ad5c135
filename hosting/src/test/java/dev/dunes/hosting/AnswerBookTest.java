package dev.dunes.hosting;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerBookTest {
  @TempDir Path directory;

  private static AnswerBook.Given given(String sandbox, Instant at) {
    return new AnswerBook.Given(sandbox, 201, Map.of("a", "b"), "{}", at);
  }

  private long files() throws IOException {
    try (Stream<Path> all = Files.list(directory.resolve("answers"))) {
      return all.count();
    }
  }

  @Test
  void theNextOneKnowsThem() throws IOException {
    AnswerBook.Given given = given("i1", Instant.now());
    new AnswerBook(directory).keep("n", given);
    AnswerBook next = new AnswerBook(directory);
    assertThat(next.find("n")).contains(given);
    assertThat(next.find("m")).isEmpty();
    Path file = directory.resolve("answers/n.json");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void theOldestAreForgotten() throws IOException {
    AnswerBook book = new AnswerBook(directory, 2);
    for (String name : new String[] {"a", "b", "a", "c"}) {
      book.keep(name, given(name, Instant.now()));
    }
    assertThat(files()).isEqualTo(2);
    assertThat(book.find("b")).isEmpty();
    assertThat(book.find("a")).isPresent();
    assertThat(book.find("c")).isPresent();
  }

  @Test
  void afterADayNoneIsGivenAndTheFilesGo() throws IOException {
    Instant then = Instant.now().minus(Duration.ofHours(24)).minusSeconds(1);
    AnswerBook book = new AnswerBook(directory);
    book.keep("fresh", given("i2", Instant.now()));
    Path old = directory.resolve("answers/old.json");
    HostingJson.write(old, given("i1", then), false);
    Files.setLastModifiedTime(old, FileTime.from(then));
    AnswerBook next = new AnswerBook(directory);
    assertThat(next.find("old")).isEmpty();
    assertThat(files()).isEqualTo(1);
    HostingJson.write(old, given("i1", then), false);
    Files.setLastModifiedTime(old, FileTime.from(then));
    new AnswerBook(directory).keep("other", given("i3", Instant.now()));
    assertThat(old).doesNotExist();
    assertThat(files()).isEqualTo(2);
  }

  @Test
  void oneThatCannotBeReadIsNoAnswer() throws IOException {
    Files.createDirectory(directory.resolve("answers"));
    Path broken = directory.resolve("answers/n.json");
    Files.writeString(broken, "{");
    AnswerBook book = new AnswerBook(directory);
    assertThat(book.find("n")).isEmpty();
    assertThat(broken).doesNotExist();
    book.keep("n", given("i1", Instant.now()));
    assertThat(book.find("n")).isPresent();
  }

  @Test
  void theNameTellsNothingAndIsOnesOwn() {
    Account one = new Account("one", AccountLimits.DEFAULT);
    Account two = new Account("two", AccountLimits.DEFAULT);
    String name = AnswerBook.name(one, "/sandboxes", "key");
    assertThat(name).matches("[0-9a-f]{64}");
    assertThat(name)
        .isNotEqualTo(AnswerBook.name(two, "/sandboxes", "key"))
        .isNotEqualTo(AnswerBook.name(one, "/v2/sandboxes", "key"))
        .isEqualTo(AnswerBook.name(one, "/sandboxes", "key"));
  }
}
