package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.spi.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CodeChecksTest {
  private static final String[] LANGUAGES = {"python", "javascript", "typescript", "java", "bash"};

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
    program("node", "echo 'v22.13.0 can'\n");
    program("java", "echo java.base@25; echo jdk.jshell@25\n");
    program("bash", "exit 0\n");
    for (String name : LANGUAGES) {
      assertThat(check(name).status()).as(name).isEqualTo(Check.Status.OK);
    }
    assertThat(check("typescript").detail()).endsWith("node v22.13.0");
  }

  @Test
  void noProgramAndOneThatFailsAreSaid() throws IOException {
    for (String name : LANGUAGES) {
      assertThat(check(name).status()).as(name).isEqualTo(Check.Status.WARN);
      assertThat(check(name).remedy()).as(name).isPresent();
    }
    for (String name : new String[] {"python3", "node", "java"}) {
      program(name, "exit 3\n");
    }
    for (String name : new String[] {"python", "typescript", "java"}) {
      assertThat(check(name).status()).as(name).isEqualTo(Check.Status.WARN);
      assertThat(check(name).detail()).as(name).contains("code 3");
      assertThat(check(name).remedy().orElseThrow()).as(name).contains(programs.toString());
    }
  }

  @Test
  void whatIsTooOldOrHalfIsSaid() throws IOException {
    program("node", "echo v20.1.0\n");
    program("java", "echo java.base@25; echo jdk.jshell.other@25\n");
    assertThat(check("javascript").status()).isEqualTo(Check.Status.OK);
    assertThat(check("typescript").status()).isEqualTo(Check.Status.WARN);
    assertThat(check("typescript").detail()).contains("v20.1.0 cannot strip types");
    assertThat(check("typescript").remedy().orElseThrow()).contains("22.13");
    assertThat(check("java").status()).isEqualTo(Check.Status.WARN);
    assertThat(check("java").detail()).contains("no module jdk.jshell");
    assertThat(check("java").remedy().orElseThrow()).contains("JDK of 11");
  }

  /** The control: what stands in for the programs above answers as they do. */
  @Test
  void theRealNodeAndJavaAreAsked() {
    List<Path> real = List.of(Path.of(System.getProperty("java.home"), "bin"), Path.of("/usr/bin"));
    List<Check> checks = new CodeChecks(real, List.of()).diagnose().checks();
    assertThat(checks)
        .filteredOn(check -> check.name().equals("java"))
        .singleElement()
        .satisfies(check -> assertThat(check.detail()).endsWith("bin/java with jdk.jshell"));
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/node")), "no node in /usr/bin");
    assertThat(checks)
        .filteredOn(check -> check.name().equals("typescript"))
        .singleElement()
        .satisfies(check -> assertThat(check.detail()).matches("/usr/bin/node v\\d+\\.\\d+.*"));
  }

  @Test
  void doctorHasThemAsTextAndAsJson() {
    Ds ds = Ds.with(new FakeProvider("local"));
    Ds.Result text = ds.run("doctor");
    assertThat(text.out()).contains("\ncode interpreter\n");
    JsonNode parts = JsonMapper.shared().readTree(ds.run("doctor", "--json").out()).get("parts");
    List<String> names = new ArrayList<>();
    for (JsonNode part : parts) {
      if (part.get("name").asString().equals("code interpreter")) {
        assertThat(part.get("usable").asBoolean()).isTrue();
        for (JsonNode check : part.get("checks")) {
          names.add(check.get("name").asString());
          assertThat(text.out()).contains(check.get("detail").asString());
          assertThat(check.get("status").asString()).isIn("ok", "warn");
          if (check.get("status").asString().equals("warn")) {
            assertThat(text.out()).contains("→ " + check.get("remedy").asString());
          }
        }
      }
    }
    assertThat(names).containsExactly(LANGUAGES);
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
