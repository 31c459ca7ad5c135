package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.spi.Check;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users are told their machine lacks, and what to do about it. */
class DiagnosisTest {
  @TempDir Path directory;

  @Test
  void whatIsUsableHasNoFailure() {
    ProviderSettings settings =
        new ProviderSettings(
            Map.of("state_dir", directory.resolve("s").toString()), System.getenv());
    LocalSandboxProviderFactory factory = new LocalSandboxProviderFactory();
    List<Check> checks = factory.diagnose(settings);
    assertThat(checks)
        .extracting(Check::name)
        .contains(
            "user namespaces",
            "bubblewrap",
            "system call filter",
            "guest",
            "state directory",
            "limits",
            "disk limits",
            "forks",
            "pausing",
            "isolation");
    if (factory.availability(settings).usable()) {
      assertThat(checks).extracting(Check::status).doesNotContain(Check.Status.FAIL);
    }
    assertThat(checks)
        .filteredOn(check -> check.status() != Check.Status.OK)
        .allMatch(check -> check.remedy().isPresent());
    assertThat(directory.resolve("s")).as("looking makes nothing").doesNotExist();
  }

  @Test
  void aStateDirectoryThatCannotBeWrittenIsAFailure() {
    if (!Local.root()) {
      ProviderSettings settings =
          new ProviderSettings(Map.of("state_dir", "/usr/dunes"), System.getenv());
      assertThat(new LocalSandboxProviderFactory().diagnose(settings))
          .filteredOn(check -> check.name().equals("state directory"))
          .extracting(Check::status)
          .containsExactly(Check.Status.FAIL);
    }
  }

  private Check namespaces(String name, String value) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, value + "\n");
    return UserNamespaces.check(directory, true);
  }

  @Test
  void settingsOfTheKernelThatAreInTheWay() throws IOException {
    assertThat(UserNamespaces.check(directory, false).status()).isEqualTo(Check.Status.FAIL);
    assertThat(UserNamespaces.check(directory, true).status()).isEqualTo(Check.Status.OK);
    assertThat(namespaces("kernel/apparmor_restrict_unprivileged_userns", "0").status())
        .isEqualTo(Check.Status.OK);
    Check appArmor = namespaces("kernel/apparmor_restrict_unprivileged_userns", "1");
    assertThat(appArmor.status()).isEqualTo(Check.Status.WARN);
    assertThat(appArmor.remedy().orElseThrow()).contains("profile");
    assertThat(namespaces("kernel/unprivileged_userns_clone", "1").status())
        .isEqualTo(Check.Status.WARN);
    assertThat(namespaces("kernel/unprivileged_userns_clone", "0").detail())
        .contains("unprivileged_userns_clone");
    assertThat(namespaces("user/max_user_namespaces", "15000").status())
        .isEqualTo(Check.Status.FAIL);
    assertThat(namespaces("user/max_user_namespaces", "0").detail())
        .contains("max_user_namespaces");
  }

  private Check runtimes(String chosen) {
    ProviderSettings settings =
        new ProviderSettings(
            Map.of("state_dir", directory.toString(), "runtime", chosen), System.getenv());
    return new LocalSandboxProviderFactory()
        .diagnose(settings).stream()
            .filter(check -> check.name().equals("runtimes"))
            .findFirst()
            .orElseThrow();
  }

  @Test
  void theRuntimesFoundAreNamedAndTheChosenOneMustBeThere() {
    for (SandboxRuntime each : SandboxRuntime.values()) {
      Check check = runtimes(each.program());
      boolean found = LocalHost.program(each.program(), System.getenv()).isPresent();
      assertThat(check.status()).isEqualTo(found ? Check.Status.OK : Check.Status.FAIL);
      assertThat(check.detail()).contains(each.program());
    }
  }

  @Test
  void versionsOfBubblewrap() {
    Path bwrap = Path.of("/usr/bin/bwrap");
    for (String good :
        List.of("bubblewrap 0.8.0", "bubblewrap 0.11.0", "bubblewrap 1.0.0", "0.8.1")) {
      assertThat(BubblewrapCheck.version(bwrap, good).status()).as(good).isEqualTo(Check.Status.OK);
    }
    for (String bad : List.of("bubblewrap 0.7.9", "bubblewrap 0.4.1", "what?")) {
      assertThat(BubblewrapCheck.version(bwrap, bad).status()).as(bad).isEqualTo(Check.Status.FAIL);
    }
  }

  @Test
  void limitsOfImagesAreNumbers() {
    assertThat(new LocalSandboxProviderFactory().settings())
        .contains("state_dir", ImageStore.LIMIT_SETTING);
    ProviderSettings wrong =
        new ProviderSettings(
            Map.of("state_dir", directory.toString(), ImageStore.LIMIT_SETTING, "much"),
            System.getenv());
    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () -> new LocalSandboxProviderFactory().open(wrong)))
        .isInstanceOf(dev.dunes.sandbox.InvalidRequestException.class)
        .hasMessageContaining("much");
  }
}
