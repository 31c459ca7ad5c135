package dev.dunes.provider.local.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.TerminalSize;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What a command gets from those who started it, and what files may give it: nothing but what it
 * needs.
 */
class InheritanceTest {
  private static final String LOADER =
      System.getProperty("os.arch", "").equals("amd64")
          ? "/lib64/ld-linux-x86-64.so.2"
          : "/lib/ld-linux-aarch64.so.1";

  private final Ground ground = Ground.open(runtime());

  /** What builds the sandboxes. */
  String runtime() {
    return "bwrap";
  }

  @AfterEach
  void close() {
    ground.close();
  }

  @Test
  void commandsInheritThreeDescriptors() {
    List<String> attempt = List.of("inherited_descriptors");
    try (Sandbox sandbox = ground.create()) {
      assertThat(ground.inside(sandbox, Map.of(), attempt).get("inherited_descriptors").refused())
          .isTrue();
      List<String> leak = List.of("sh", "-c", "exec 7</etc/passwd; exec \"$@\"", "sh");
      assertThat(ground.outside(leak, Map.of(), attempt).get("inherited_descriptors").open())
          .as("control")
          .isTrue();
      String onTerminal = "ls /proc/self/fd | tr '\\n' ' '";
      String listed =
          sandbox
              .exec(Command.shellBuilder(onTerminal).terminal(TerminalSize.DEFAULT).build())
              .stdout();
      assertThat(listed.strip()).as("on a terminal; 3 is the listing itself").isEqualTo("0 1 2 3");
    }
  }

  @Test
  void setUserIdFilesGiveNothing() {
    Ground.assumeRoot();
    try (Sandbox sandbox = ground.create()) {
      Path planted = ground.upper(sandbox, "workspace").resolve("id");
      Path open = ground.base().resolve("id");
      for (Path copy :
          List.of(
              planted, open)) { // owned by root of the host: more than a sandbox could make itself
        Ground.run(List.of("cp", "/usr/bin/id", copy.toString()));
        Ground.run(List.of("chmod", "6755", copy.toString()));
      }
      List<String> attempt = List.of("setuid_file");
      Answer inside =
          ground.inside(sandbox, Map.of("setuid", "/workspace/id"), attempt).get("setuid_file");
      assertThat(inside.refused()).as("%s", inside).isTrue();
      assertThat(inside.detail()).contains("effective user 1000");
      Answer outside =
          ground
              .outside(Ground.as(65_533), Map.of("setuid", open.toString()), attempt)
              .get("setuid_file");
      assertThat(outside.open()).as("control: %s", outside).isTrue();
    }
  }

  /** No promise says that a file cannot be run; only that running it gives nothing. */
  @Test
  void aLoaderRunsFilesWithoutAnyRights() {
    List<String> attempt = List.of("loader_gains_rights");
    try (Sandbox sandbox = ground.create()) {
      Map<String, Object> here =
          Map.of("loader", LOADER, "plain", "/workspace/plain", "user", "1000");
      Answer inside = ground.inside(sandbox, here, attempt).get("loader_gains_rights");
      assertThat(inside.refused()).as("%s", inside).isTrue();
      assertThat(inside.detail()).as("it did run").contains("own user 1000");
      Map<String, Object> there =
          Map.of(
              "loader",
              LOADER,
              "plain",
              ground.base().resolve("plain").toString(),
              "user",
              "somebody else");
      Answer outside = ground.outside(List.of(), there, attempt).get("loader_gains_rights");
      assertThat(outside.open()).as("control: another user would be seen: %s", outside).isTrue();
    }
  }
}
