package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.Providers;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import dev.dunes.scripted.ScriptedModel;
import dev.dunes.server.DunesServer;
import dev.dunes.server.ServerConfig;
import dev.dunes.session.RunsConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * What README and the book show is what happens: every {@code sh} block that uses {@code ./ds} runs
 * to a good end (but those that build), every {@code java} block compiles and runs, every relative
 * link leads somewhere.
 */
class DocumentationTest {
  private static final Path ROOT = root();
  private static final Pattern BLOCK =
      Pattern.compile("(?m)^```(\\w+)\\n(.*?)^```$", Pattern.DOTALL);
  private static final Pattern AGENT_BLOCK =
      Pattern.compile("(?m)^```java agents\\n(.*?)^```$", Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(#[^)]*)?\\)");
  private static final String IMPORTS =
      """
      import dev.dunes.gateway.*;
      import dev.dunes.sandbox.*;
      import dev.dunes.scripted.*;
      import java.nio.charset.StandardCharsets;
      import java.nio.file.*;
      import java.time.Duration;
      import java.util.*;
      """;

  /** Lines that ask an agent; their model plays scripts. */
  private static final Pattern PROMPT =
      Pattern.compile("\\./ds (\"|-|query|demo|serve(?!r)|trigger test)");

  /** In seconds; what a block starts and forgets to end would keep its output open for ever. */
  private static final String LIMIT = "300";

  /** What a block that fails has begun would hold its output open for ever. */
  private static final String WITH_ITS_END =
      "trap 'code=$?; kill $(jobs -p) 2>/dev/null || true; exit $code' EXIT\n";

  private static final ScriptedModel MODEL = ScriptedModel.start();

  @TempDir static Path directory;

  /** Stands for the launcher at the root, with the classes under test instead of a built image. */
  @BeforeAll
  static void launcher() throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    Path ds = directory.resolve("ds");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Files.writeString(
        ds,
        "#!/bin/sh\nexec '%s' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -cp '%s' dev.dunes.cli.Main \"$@\"\n"
            .formatted(java, System.getProperty("java.class.path")));
    Files.setPosixFilePermissions(ds, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createSymbolicLink(directory.resolve("examples"), ROOT.resolve("examples"));
  }

  /** Sandboxes that a page keeps on purpose. */
  @AfterAll
  static void destroyKept() {
    ProviderSettings settings =
        new ProviderSettings(
            Map.of("state_dir", directory.resolve("state").toString()), System.getenv());
    SandboxProviderFactory local = Providers.require("local");
    if (local.availability(settings).usable()) {
      try (SandboxProvider provider = local.open(settings)) {
        provider.list(Map.of()).forEach(info -> provider.destroy(info.id()));
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> shellBlocksRun() throws IOException {
    return blocks("sh")
        .filter(block -> block.text().contains("./ds") && !block.text().contains("mvn"))
        .map(block -> DynamicTest.dynamicTest(block.name(), () -> runShell(block)));
  }

  @TestFactory
  Stream<DynamicTest> javaBlocksRun() throws IOException {
    return blocks("java").map(block -> DynamicTest.dynamicTest(block.name(), () -> runJava(block)));
  }

  /** Those of the library's page: with sessions of this process, or of a server. */
  @TestFactory
  Stream<DynamicTest> agentBlocksRun() throws IOException {
    Path page = ROOT.resolve("docs/library.md");
    return AGENT_BLOCK
        .matcher(Files.readString(page))
        .results()
        .map(block ->
            DynamicTest.dynamicTest(
                "at " + block.start(), () -> runAgents(block.start(), block.group(1))));
  }

  @Test
  void linksLeadSomewhere() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path page : pages()) {
      Matcher link = LINK.matcher(Files.readString(page));
      while (link.find()) {
        Path target = page.resolveSibling(link.group(1));
        if (!Files.exists(target)) {
          broken.add(ROOT.relativize(page) + " -> " + link.group(1));
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  private record Block(String name, String text) {}

  private static void runShell(Block block) throws Exception {
    requireLocal();
    ProcessBuilder builder =
        new ProcessBuilder(
            "timeout", "-k", "10", LIMIT, "bash", "-e", "-c", WITH_ITS_END + block.text());
    if (PROMPT.matcher(block.text()).find()) {
      RealAgent.require();
      builder.environment().putAll(RealAgent.environment(MODEL, directory.resolve("state")));
    }
    builder.environment().put("DUNES_STATE", directory.resolve("state").toString());
    Process shell =
        builder
            .directory(directory.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(shell.waitFor()).as(output).isZero();
  }

  private static void runJava(Block block) throws Exception {
    requireLocal();
    String name = "Snippet" + Math.abs(block.name().hashCode());
    boolean own = block.text().contains("Sandbox sandbox =");
    String source =
        "%spublic class %s { public static void run(%s) throws Exception {%n%s%n} }"
            .formatted(IMPORTS, name, own ? "" : "Sandbox sandbox", block.text());
    Path folder = Files.createTempDirectory(directory, "java");
    compile(folder, name, source);
    if (block.text().contains("System.getenv()")) {
      return; // needs keys of whoever runs it; that it compiles has to do
    }
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      Method run =
          Stream.of(loader.loadClass(name).getMethods())
              .filter(m -> Modifier.isStatic(m.getModifiers()))
              .findFirst()
              .orElseThrow();
      if (own) {
        run.invoke(null);
      } else {
        try (Sandbox sandbox = Sandboxes.shared().create(SandboxSpec.DEFAULT)) {
          run.invoke(null, sandbox);
        }
      }
    }
  }

  private static void runAgents(int number, String block) throws Exception {
    String name = "Agents" + number;
    String source =
        """
        %simport dev.dunes.agent.*;
        import dev.dunes.session.*;
        import java.net.URI;
        public class %s {
          public static void run(Path project, URI server, String token) throws Exception {
        %s
          }
        }
        """
            .formatted(IMPORTS, name, block);
    Path folder = Files.createTempDirectory(directory, "agents");
    compile(folder, name, source);
    RunsConfig runs = RunsConfig.builder().directory(folder.resolve("served")).build();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      DunesServer server =
          DunesServer.start(
              ServerConfig.builder(runs).host("127.0.0.1").port(0).token("secret").build());
      try {
        loader
            .loadClass(name)
            .getMethod("run", Path.class, URI.class, String.class)
            .invoke(null, folder.resolve("project"), server.uri(), "secret");
      } finally {
        server.close(Duration.ZERO);
      }
    }
  }

  private static void compile(Path folder, String name, String source) throws IOException {
    Path file = Files.writeString(folder.resolve(name + ".java"), source);
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                errors,
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                folder.toString(),
                file.toString());
    assertThat(status).as(errors.toString(StandardCharsets.UTF_8) + source).isZero();
  }

  private static void requireLocal() {
    boolean usable =
        Providers.find("local")
            .filter(f -> f.availability(ProviderSettings.system()).usable())
            .isPresent();
    assumeTrue(usable, "provider 'local' cannot be used here: see ds doctor");
  }

  private static Stream<Block> blocks(String language) throws IOException {
    List<Block> blocks = new ArrayList<>();
    for (Path page : pages()) {
      Matcher block = BLOCK.matcher(Files.readString(page));
      while (block.find()) {
        if (block.group(1).equals(language)) {
          blocks.add(new Block(ROOT.relativize(page) + " #" + (blocks.size() + 1), block.group(2)));
        }
      }
    }
    return blocks.stream();
  }

  private static List<Path> pages() throws IOException {
    List<Path> pages =
        new ArrayList<>(
            List.of(
                ROOT.resolve("README.md"),
                ROOT.resolve("SECURITY.md"),
                ROOT.resolve("CONTRIBUTING.md")));
    try (Stream<Path> book = Files.walk(ROOT.resolve("docs"))) {
      book.filter(path -> path.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  private static Path root() {
    Path path = Path.of("").toAbsolutePath();
    while (!Files.exists(path.resolve("README.md"))) {
      path = path.getParent();
    }
    return path;
  }
}
