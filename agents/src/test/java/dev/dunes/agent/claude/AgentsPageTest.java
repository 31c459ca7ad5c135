package dev.dunes.agent.claude;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.harness.SocketBridge;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.scripted.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code docs/agents.md} shows compiles and runs. */
@Timeout(240)
final class AgentsPageTest {
  private static final Pattern BLOCK =
      Pattern.compile("(?m)^```java agents\\n(.*?)^```$", Pattern.DOTALL);

  private static final String SOURCE =
      """
      import dev.dunes.agent.*;
      import dev.dunes.sandbox.*;
      import java.nio.file.Path;
      import java.util.*;
      public class Shown {
        public static void run(Path gatewaySocket, String tokenOfTheGateway) throws Exception {
      %s
        }
      }
      """;

  @TempDir private Path directory;

  @Test
  void itsExampleRuns() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    Path page = Path.of(System.getProperty("dunes.root"), "docs/agents.md");
    Matcher block = BLOCK.matcher(Files.readString(page));
    assertThat(block.find()).isTrue();
    Path source = directory.resolve("Shown.java");
    Files.writeString(source, SOURCE.formatted(block.group(1)));
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                said,
                said,
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                directory.toString(),
                source.toString());
    assertThat(status).as(said.toString(StandardCharsets.UTF_8)).isZero();

    Sandboxes.configure(
        Map.of("state_dir", directory.resolve("s").toString(), "default_provider", "local"));
    Path socket = directory.resolve("gateway.sock");
    try (ScriptedModel model = ScriptedModel.start();
        SocketBridge bridge = new SocketBridge(socket, model.uri().getPort());
        URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
      assertThat(bridge).isNotNull();
      loader
          .loadClass("Shown")
          .getMethod("run", Path.class, String.class)
          .invoke(null, socket, "token");

      assertThat(model.requests())
          .isNotEmpty()
          .allSatisfy(request ->
              assertThat(request.headers().get("authorization")).containsExactly("Bearer token"));
    }
  }
}
