package dev.dunes.provider.vercel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.provider.cloud.CloudAnswer;
import dev.dunes.provider.cloud.FramedProcess.Line;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CommandStreamTest {
  private static CommandStream stream(String text) {
    HttpHeaders none = HttpHeaders.of(Map.of(), (name, value) -> true);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new CommandStream(
        new CloudAnswer(200, none, new ByteArrayInputStream(bytes)), 100, Map.of());
  }

  /** What keeps a connection alive is not its end. */
  @Test
  void blankLinesAreNoEnd() throws IOException {
    try (CommandStream stream =
        stream("\r\n  \n{\"stream\":\"stdout\",\"data\":\"one\\n\"}\n\r\n\n")) {
      assertThat(stream.next().map(Line::text)).contains("one");
      assertThat(stream.next()).isEmpty();
    }
  }

  @Test
  void aLineWithoutAnEndIsBounded() {
    String much = "{\"stream\":\"stdout\",\"data\":\"%s\"}\n".formatted("x".repeat(60));
    try (CommandStream stream = stream(much + much)) {
      assertThatThrownBy(stream::next).isInstanceOf(IOException.class);
    }
  }
}
