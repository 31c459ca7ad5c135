package dev.dunes.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jars {@code ds} starts from are made by the source file that the launcher runs. */
class MergeJarsTest {
  private static final Path PROGRAM =
      Path.of(System.getProperty("dunes.root"), "build-tools", "MergeJars.java");

  @TempDir Path directory;

  /** How it ended, and what it wrote to either channel. */
  private record Run(int exitCode, String output) {}

  @Test
  void servicesOfTheSameNameAreJoinedAndTheOrderIsThatOfTheClassPath() throws Exception {
    Path first = jar("first.jar", Map.of("META-INF/services/a.Service", "first.Provider"));
    Path second =
        jar("second.jar", Map.of("META-INF/services/a.Service", "second.Provider\n", "b/c", "d"));

    assertThat(merged(first, second))
        .containsEntry("META-INF/services/a.Service", "first.Provider\nsecond.Provider\n")
        .containsEntry("b/c", "d");
  }

  @Test
  void whatIsThereTwiceWithOtherContentsIsAnErrorThatNamesIt() throws Exception {
    Path first = jar("first.jar", Map.of("a/settings", "one"));
    Path second = jar("second.jar", Map.of("a/settings", "another"));

    Run run = run(first, second);

    assertThat(run.exitCode()).isNotZero();
    assertThat(run.output()).contains("a/settings of second.jar is also in another jar");
  }

  @Test
  void whatIsThereTwiceWithTheSameContentsIsThereOnce() throws Exception {
    Path first = jar("first.jar", Map.of("a/settings", "one"));
    Path second = jar("second.jar", Map.of("a/settings", "one"));

    assertThat(merged(first, second)).containsExactly(Map.entry("a/settings", "one"));
  }

  @Test
  void everyJarKeepsItsLicense() throws Exception {
    Path first = jar("first.jar", Map.of("META-INF/LICENSE", "the first's"));
    Path second =
        jar(
            "second.jar",
            Map.of("META-INF/LICENSE", "the second's", "META-INF/NOTICE.txt", "by the second"));

    assertThat(merged(first, second))
        .containsExactly(
            Map.entry("META-INF/licenses/first.jar/LICENSE", "the first's"),
            Map.entry("META-INF/licenses/second.jar/LICENSE", "the second's"),
            Map.entry("META-INF/licenses/second.jar/NOTICE.txt", "by the second"));
  }

  @Test
  void ofSeveralReleasesTheNewestThatThisJvmCanUseIsTaken() throws Exception {
    Path jar =
        jar(
            "many.jar",
            Map.of(
                "a/file", "of every release",
                "META-INF/versions/11/a/file", "of 11",
                "META-INF/versions/17/a/file", "of 17",
                "META-INF/versions/999/a/file", "of a release to come"));

    assertThat(merged(jar)).containsExactly(Map.entry("a/file", "of 17"));
  }

  @Test
  void manifestsSignaturesAndModuleDescriptorsAreLeftOut() throws Exception {
    Path jar =
        jar(
            "signed.jar",
            Map.of(
                "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n",
                "META-INF/SIGNER.SF", "signature",
                "META-INF/SIGNER.RSA", "signature",
                "module-info.class", "descriptor",
                "a/file", "kept"));

    assertThat(merged(jar)).containsExactly(Map.entry("a/file", "kept"));
  }

  @Test
  void theSameJarsMakeTheSameBytes() throws Exception {
    Path jar = jar("one.jar", Map.of("a/file", "contents"));

    merged(jar);
    byte[] before = Files.readAllBytes(out());
    Files.setLastModifiedTime(jar, java.nio.file.attribute.FileTime.fromMillis(0));
    merged(jar);

    assertThat(Files.readAllBytes(out())).isEqualTo(before);
  }

  private Path out() {
    return directory.resolve("out.jar");
  }

  private Path jar(String name, Map<String, String> entries) throws IOException {
    Path jar = directory.resolve(name);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (Map.Entry<String, String> each : new TreeMap<>(entries).entrySet()) {
        zip.putNextEntry(new ZipEntry(each.getKey()));
        zip.write(each.getValue().getBytes(UTF_8));
        zip.closeEntry();
      }
    }
    return jar;
  }

  private Map<String, String> merged(Path... jars) throws Exception {
    Run run = run(jars);
    assertThat(run.exitCode()).as(run.output()).isZero();
    Map<String, String> entries = new TreeMap<>();
    try (ZipFile zip = new ZipFile(out().toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        try (InputStream in = zip.getInputStream(entry)) {
          entries.put(entry.getName(), new String(in.readAllBytes(), UTF_8));
        }
      }
    }
    return entries;
  }

  private Run run(Path... jars) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                PROGRAM.toString(),
                out().toString()));
    for (Path jar : jars) {
      command.add(jar.toString());
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Run(process.exitValue(), output);
  }
}
