package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.spi.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodeChecksTest {
  @TempDir private Path programs;

  private void program(String name, String script) throws IOException {
    Path file = Files.writeString(programs.resolve(name), "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Check check(String name) {
    Diagnosis found =
        new CodeChecks(List.of(programs), List.of("numpy", "sklearn", "PIL")).diagnose();
    assertThat(found.usable()).as("nothing of this keeps sandboxes from being made").isTrue();
    return found.checks().stream()
        .filter(check -> check.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatIsMissingIsNamedAsItIsInstalled() throws IOException {
    program("python3", "echo sklearn; echo PIL; echo nonsense\n");
    Check check = check("python");
    assertThat(check.status()).isEqualTo(Check.Status.WARN);
    assertThat(check.detail()).contains("without sklearn, PIL:").doesNotContain("numpy", "nonsen");
    assertThat(check.remedy().orElseThrow()).endsWith("scikit-learn pillow");
  }

  @Test
  void allThereIsFine() throws IOException {
    program("python3", "exit 0\n");
    program("node", "exit 0\n");
    program("bash", "exit 0\n");
    for (String name : new String[] {"python", "javascript", "bash"}) {
      assertThat(check(name).status()).as(name).isEqualTo(Check.Status.OK);
    }
  }

  @Test
  void noProgramAndOneThatFailsAreSaid() throws IOException {
    for (String name : new String[] {"python", "javascript", "bash"}) {
      assertThat(check(name).status()).as(name).isEqualTo(Check.Status.WARN);
      assertThat(check(name).remedy()).as(name).isPresent();
    }
    program("python3", "exit 3\n");
    assertThat(check("python").detail()).contains("code 3");
  }

  @Test
  void theRealPythonIsAsked() {
    Path usr = Path.of("/usr/bin");
    assumeTrue(Files.isExecutable(usr.resolve("python3")), "no python3 in /usr/bin");
    Check check =
        new CodeChecks(List.of(usr), List.of("json", "no_such_module_of_python"))
            .diagnose()
            .checks()
            .getFirst();
    assertThat(check.detail()).contains("without no_such_module_of_python:");
  }
}
