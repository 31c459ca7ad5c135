package dev.dunes.agent.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the registry's address and credentials come from, and what comes first. */
final class RegistryTest {
  private static final String NAME = "@scope/claude-test";

  @TempDir private Path directory;
  private Path home;
  private Path project;

  @BeforeEach
  void directories() throws IOException {
    home = Files.createDirectory(directory.resolve("home"));
    project = Files.createDirectory(directory.resolve("project"));
  }

  @Test
  void ourVariableComesFirst() throws IOException {
    Files.writeString(home.resolve(".npmrc"), "registry=http://user.test/\n");
    AgentSettings settings =
        settings(
            Map.of(
                "DUNES_NPM_REGISTRY", "http://ours.test/a",
                "npm_config_registry", "http://env.test/"));

    assertThat(address(settings)).isEqualTo("http://ours.test/a/");
  }

  @Test
  void thenTheScopeThenTheEnvironmentThenTheProjectThenTheUser() throws IOException {
    assertThat(address(settings(Map.of("PATH", npmThatSays("http://npm.test/")))))
        .isEqualTo("http://npm.test/");
    Files.writeString(home.resolve(".npmrc"), "# mine\nregistry = \"http://user.test\"\n");
    assertThat(address(settings(Map.of()))).isEqualTo("http://user.test/");
    Files.writeString(project.resolve(".npmrc"), "registry=http://${WHERE}.test\n");
    assertThat(address(settings(Map.of("WHERE", "project")))).isEqualTo("http://project.test/");
    assertThat(address(settings(Map.of("NPM_CONFIG_REGISTRY", "http://env.test"))))
        .isEqualTo("http://env.test/");
    Files.writeString(home.resolve(".npmrc"), "@scope:registry=http://scope.test\n");
    assertThat(address(settings(Map.of("npm_config_registry", "http://env.test"))))
        .isEqualTo("http://scope.test/");
  }

  @Test
  void anotherFileOfTheUserCanBeNamed() throws IOException {
    Path other = directory.resolve("other-npmrc");
    Files.writeString(other, "registry=http://other.test\n");

    assertThat(address(settings(Map.of("npm_config_userconfig", other.toString()))))
        .isEqualTo("http://other.test/");
  }

  @Test
  void noneIsBuiltIn() {
    assertThatThrownBy(() -> address(settings(Map.of("PATH", directory.toString()))))
        .isInstanceOfSatisfying(
            AgentException.class,
            e -> assertThat(e.remedy().orElseThrow()).contains("DUNES_NPM_REGISTRY"));
  }

  @Test
  void credentialsHoldForTheirAddressAndWhatIsBelow() throws IOException {
    Files.writeString(
        home.resolve(".npmrc"),
        """
        registry=https://a.test/npm/private
        //a.test/npm/:_authToken=token
        //b.test/:_authToken=other
        """);
    Registry registry = Registry.forPackage(NAME, settings(Map.of()));

    assertThat(registry.authorizationFor(URI.create("https://a.test/x"))).contains("Bearer token");
    assertThat(registry.authorizationFor(URI.create("https://a.test:443/x")))
        .contains("Bearer token");
    assertThat(registry.authorizationFor(URI.create("http://a.test/x"))).isEmpty();
    assertThat(registry.authorizationFor(URI.create("https://b.test/x"))).isEmpty();
    assertThat(registry.authorizationFor(URI.create("https://a.test:444/x"))).isEmpty();
  }

  @Test
  void theOtherFormsOfCredentials() throws IOException {
    Files.writeString(home.resolve(".npmrc"), "//a.test/:_auth=YTpi\n");
    AgentSettings auth = settings(Map.of("DUNES_NPM_REGISTRY", "https://a.test"));
    assertThat(Registry.forPackage(NAME, auth).authorizationFor(URI.create("https://a.test/")))
        .contains("Basic YTpi");

    Files.writeString(home.resolve(".npmrc"), "//a.test/:username=a\n//a.test/:_password=Yg==\n");
    assertThat(Registry.forPackage(NAME, auth).authorizationFor(URI.create("https://a.test/")))
        .contains("Basic YTpi");

    AgentSettings inAddress = settings(Map.of("DUNES_NPM_REGISTRY", "https://a:b@a.test"));
    Registry registry = Registry.forPackage(NAME, inAddress);
    assertThat(registry.authorizationFor(URI.create("https://a.test/"))).contains("Basic YTpi");
    assertThat(registry.toString()).isEqualTo("https://a.test/");
  }

  @Test
  void anAddressThatIsNoneIsRefusedWithoutShowingItsPassword() {
    assertThatThrownBy(() -> address(settings(Map.of("DUNES_NPM_REGISTRY", "ftp://u:p@a.test"))))
        .isInstanceOf(AgentException.class)
        .hasMessageContaining("ftp://***@a.test")
        .hasMessageNotContaining("u:p");
  }

  private static String address(AgentSettings settings) {
    return Registry.forPackage(NAME, settings).toString();
  }

  private AgentSettings settings(Map<String, String> environment) {
    return new AgentSettings(environment, home, project);
  }

  /** A directory for PATH with a program {@code npm} in it. */
  private String npmThatSays(String answer) throws IOException {
    Path bin = Files.createDirectories(directory.resolve("bin"));
    Path npm = bin.resolve("npm");
    Files.writeString(
        npm, "#!/bin/sh\n[ \"$*\" = 'config get registry' ] && echo '%s'\n".formatted(answer));
    Files.setPosixFilePermissions(npm, PosixFilePermissions.fromString("rwxr-xr-x"));
    return bin.toString();
  }
}
