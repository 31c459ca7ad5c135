package dev.dunes.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoriesTest {
  @TempDir Path directory;

  private Memories memories() {
    return new Memories(new JsonLinesFile(directory.resolve("memories.jsonl")));
  }

  private static RunScope scope(String team, String user) {
    return new RunScope(team, user, Optional.empty());
  }

  @Test
  void belongToTheirUserAndSurvive() throws IOException {
    memories().remember(scope("t", "u"), "  likes tea \n");
    memories().remember(scope("t", "other"), "likes coffee");
    memories().remember(scope("t2", "u"), "likes water");

    assertThat(memories().prefix(scope("t", "u")))
        .isEqualTo("User memory (persisted across sessions):\n- likes tea\n\n");
    assertThat(memories().prefix(scope("t", "nobody"))).isEmpty();
    assertThat(Files.getPosixFilePermissions(directory.resolve("memories.jsonl")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(Files.readAllLines(directory.resolve("memories.jsonl")).getFirst())
        .contains(
            "\"team_id\":\"t\",\"user_id\":\"u\",\"text\":\"likes tea\",\"created_at\":\"",
            "\"deleted\":false,\"scope\":\"user\",\"channel_id\":null}");
  }

  @Test
  void teamThenChannelThenUser() throws IOException {
    Files.writeString(
        directory.resolve("memories.jsonl"),
        """
        {"id":"1","team_id":"t","user_id":"u","text":"of the user","deleted":false,"scope":"user","channel_id":null}
        {"id":"2","team_id":"t","user_id":"x","text":"of the channel","deleted":false,"scope":"channel","channel_id":"c"}
        {"id":"3","team_id":"t","user_id":"x","text":"of the team","deleted":false,"scope":"team","channel_id":null}
        {"id":"4","team_id":"t","user_id":"u","text":"gone","deleted":false,"scope":"user","channel_id":null}
        broken
        {"id":"4","team_id":"t","user_id":"u","text":"","deleted":true,"scope":"user","channel_id":null}
        """);

    assertThat(memories().visible(new RunScope("t", "u", Optional.of("c"))))
        .extracting(Memory::text)
        .containsExactly("of the team", "of the channel", "of the user");
    assertThat(memories().visible(scope("t", "u")))
        .extracting(Memory::text)
        .containsExactly("of the team", "of the user");
  }

  @Test
  void onlyTheAuthorForgets() {
    Memories memories = memories();
    String id = memories.remember(scope("t", "u"), "x").id();

    assertThat(memories.forget(id, scope("t", "other"))).isFalse();
    assertThat(memories.forget(id, scope("other", "u"))).isFalse();
    assertThat(memories.forget(id, scope("t", "u"))).isTrue();
    assertThat(memories.forget(id, scope("t", "u"))).isFalse();
    assertThat(memories().visible(scope("t", "u"))).isEmpty();
  }

  @Test
  void whatAnotherProcessAddsIsSeen() {
    Memories one = memories();
    Memories other = memories();
    one.remember(scope("t", "u"), "first");
    other.remember(scope("t", "u"), "second");

    assertThat(one.visible(scope("t", "u")))
        .extracting(Memory::text)
        .containsExactly("first", "second");
  }

  @Test
  void bounds() {
    Memories memories = memories();
    memories.remember(scope("t", "u"), "x".repeat(4000));
    assertThatThrownBy(() -> memories.remember(scope("t", "u"), "x".repeat(4001)))
        .hasMessage("A memory has 1 to 4,000 characters");
    assertThatThrownBy(() -> memories.remember(scope("t", "u"), " \n"))
        .isInstanceOf(RunRefusedException.class);
    for (int i = 0; i < 20; i++) {
      memories.remember(scope("t", "u"), i + "y".repeat(3000));
    }
    assertThat(memories.prefix(scope("t", "u")).length()).isBetween(20_000, 33_000);
    assertThat(memories.prefix(scope("t", "u"))).contains("- 19y").doesNotContain("- 0y");
  }
}
