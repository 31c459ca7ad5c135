package dev.dunes.provider.modal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The provider where the class path has no gRPC, as that of the command. */
@Timeout(120)
class GrpcLibrariesTest {
  private static final List<String> LIBRARIES =
      List.of("grpc-", "guava-", "failureaccess-", "perfmark-", "gson-", "okio-", "kotlin-");

  @RegisterExtension static final Shared<FakeModal> FAKE = FakeModal.shared();

  @TempDir Path place;
  private final List<String> asked = new ArrayList<>();

  /** Everything but the libraries and the provider, and a note of what of them was asked for. */
  private final ClassLoader others =
      new ClassLoader(GrpcLibrariesTest.class.getClassLoader()) {
        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
          if (name.startsWith("io.grpc.") || name.startsWith("dev.dunes.provider.modal.")) {
            asked.add(name);
            throw new ClassNotFoundException(name);
          }
          return super.loadClass(name, resolve);
        }
      };

  @BeforeEach
  void copy() throws IOException {
    Path own =
        Path.of(
            ModalSandboxProviderFactory.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
    try (Stream<Path> files = Files.walk(own)) {
      for (Path file : files.toList()) {
        Files.copy(file, place.resolve("own").resolve(own.relativize(file).toString()));
      }
    }
  }

  private void libraries() throws IOException {
    Files.createDirectory(place.resolve("modal"));
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path jar = Path.of(entry);
      if (LIBRARIES.stream().anyMatch(jar.getFileName().toString()::startsWith)) {
        Files.copy(jar, place.resolve("modal").resolve(jar.getFileName()));
      }
    }
  }

  private SandboxProviderFactory factory(URLClassLoader loader) throws Exception {
    return loader
        .loadClass(ModalSandboxProviderFactory.class.getName())
        .asSubclass(SandboxProviderFactory.class)
        .getConstructor()
        .newInstance();
  }

  private URLClassLoader loader() throws IOException {
    return new URLClassLoader(new URL[] {place.resolve("own").toUri().toURL()}, others);
  }

  @Test
  void theyAreTakenFromTheFolderBesideIt() throws Exception {
    libraries();
    try (URLClassLoader loader = loader();
        SandboxProvider provider = factory(loader).open(FAKE.get().settings());
        Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      assertThat(sandbox.exec("echo there").stdout()).isEqualTo("there\n");
      assertThat(provider.getClass()).isNotEqualTo(ModalSandboxProvider.class);
    }
    assertThat(FAKE.get().running()).isEmpty();
  }

  @Test
  void lookingWhetherItCanBeUsedDoesNotTouchThem() throws Exception {
    try (URLClassLoader loader = loader()) {
      SandboxProviderFactory factory = factory(loader);
      asked.clear();

      assertThat(factory.availability(FAKE.get().settings()).usable()).isTrue();
      assertThat(
              factory
                  .availability(new ProviderSettings(Map.of(), Map.of("HOME", place.toString())))
                  .usable())
          .isFalse();
      assertThat(factory.settings()).contains("modal_token_id");
      assertThat(asked).noneMatch(name -> name.startsWith("io.grpc."));
    }
  }

  @Test
  void withoutThemItSaysWhatIsMissing() throws Exception {
    try (URLClassLoader loader = loader()) {
      SandboxProviderFactory factory = factory(loader);
      assertThatThrownBy(() -> factory.open(FAKE.get().settings()))
          .isInstanceOfSatisfying(
              ProviderException.class,
              thrown -> assertThat(thrown.remedy().orElseThrow()).contains("grpc-okhttp"));
    }
  }
}
