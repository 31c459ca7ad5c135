package dev.dunes.cli;

import dev.dunes.hosting.Templates;
import dev.dunes.sandbox.spi.Check;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What code in sandboxes of this machine can import: they see its {@code /usr}. */
final class TemplateChecks {
  private static final int SECONDS = 20;

  /** Without the user's own packages, which no sandbox sees. */
  private static final List<String> LOOK =
      List.of(
          "python3",
          "-I",
          "-c",
          "import importlib.util, sys; print('\\n'.join(m for m in sys.argv[1:] if importlib.util.find_spec(m) is None))");

  private TemplateChecks() {}

  static Diagnosis diagnose() {
    return new Diagnosis("templates", List.of(codeInterpreter()));
  }

  private static Check codeInterpreter() {
    String name = "code interpreter";
    List<String> command = new ArrayList<>(LOOK);
    command.addAll(Templates.dataModules());
    try {
      Process python =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try {
        python.getOutputStream().close();
        String said =
            new String(python.getInputStream().readNBytes(1 << 16), StandardCharsets.UTF_8).strip();
        if (!python.waitFor(SECONDS, TimeUnit.SECONDS) || python.exitValue() != 0) {
          return Check.warn(name, "python3 does not run here", "mend the Python below /usr");
        }
        return said.isEmpty()
            ? Check.ok(name, "Python with all packages that code for data likes to import")
            : Check.warn(
                name,
                "Python without %s: code that imports them fails"
                    .formatted(String.join(", ", said.lines().toList())),
                "install them for all users, below /usr; until then clients get 'code-interpreter-v1', and 'code_interpreter' is refused");
      } finally {
        python.destroyForcibly();
      }
    } catch (IOException e) {
      return Check.warn(
          name,
          "there is no python3 in the path",
          "install Python 3, then this works in sandboxes");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Check.warn(name, "interrupted while looking", "look again");
    }
  }
}
