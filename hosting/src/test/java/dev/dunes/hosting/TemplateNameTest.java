package dev.dunes.hosting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What templates may be called. E2B wire 2.2. */
class TemplateNameTest {
  @Test
  void namespaceAndTagAreTakenApart() {
    assertThat(TemplateName.parse("Team/My_App:V1.0"))
        .isEqualTo(new TemplateName("my_app", Optional.of("v1.0")));
    assertThat(TemplateName.parse("app")).isEqualTo(new TemplateName("app", Optional.empty()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a b",
        "x/..",
        "a:",
        "a:b/..:c d",
        "a:b!",
        "0b8e9c3e-7d4c-4c53-9c40-9d2ad0e3d9a1"
      })
  void otherNamesAreRefused(String name) {
    assertThatThrownBy(() -> TemplateName.parse(name))
        .isInstanceOf(HostingException.class)
        .hasMessageContaining(
            name.contains("!") || name.equals("a:") || name.contains("c d") ? "tag" : "name");
  }
}
