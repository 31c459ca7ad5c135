package dev.dunes.gateway.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostRulesTest {
  @ParameterizedTest
  @CsvSource({
    "example.com, example.com:443, true",
    "example.com, EXAMPLE.com.:80, true",
    "EXAMPLE.com., example.com:80, true",
    "example.com, example.com:8080, false",
    "example.com, www.example.com:443, false",
    "example.com, badexample.com:443, false",
    "example.com, example.com.evil.org:443, false",
    "example.com:8080, example.com:8080, true",
    "example.com:8080, example.com:443, false",
    "example.com:*, example.com:22, true",
    "*.example.com, www.example.com:443, true",
    "*.example.com, a.b.example.com:443, true",
    "*.example.com, example.com:443, false",
    "*.example.com, badexample.com:443, false",
    "*.example.com:22, www.example.com:22, true",
    "*.example.com:22, www.example.com:443, false",
    "*, anything.org:443, true",
    "*, anything.org:22, false",
    "*:*, anything.org:22, true",
    "*, 1.2.3.4:443, false",
    "1.2.3.4, 1.2.3.4:443, true",
    "[2001:db8::1]:8443, [2001:DB8:0::1]:8443, true",
    "bücher.example, xn--bcher-kva.example:443, true",
    "198.51.100.0/24, 198.51.100.7:22, true",
    "198.51.100.0/24, 198.51.101.7:22, false",
    "198.51.100.0/24, [::ffff:198.51.100.7]:443, true",
    "2001:db8::/32, [2001:db8:1::1]:443, true",
    "0.0.0.0/0, 1.2.3.4:443, true",
    "0.0.0.0/0, example.com:443, false",
    "0.0.0.0/0, [2001:db8::1]:443, false",
    "git-hosts, github.com:22, true",
    "git-hosts, evil.org:443, false",
    "nexus:8081, nexus:8081, true"
  })
  void rules(String rule, String target, boolean allowed) {
    assertThat(HostRules.of(List.of(rule)).allows(Target.parse(target, 0))).isEqualTo(allowed);
  }

  @Test
  void nothingIsAllowedUnlessSaid() {
    assertThat(HostRules.of(List.of()).allows(Target.parse("example.com:443", 0))).isFalse();
  }

  @Test
  void whatARefusalSaysWouldLetItPass() {
    for (String each :
        List.of(
            "example.com:443",
            "example.com:80",
            "example.com:22",
            "1.2.3.4:443",
            "[2606:4700::1]:8443")) {
      Target target = Target.parse(each, 0);
      assertThat(HostRules.of(List.of(target.rule())).allows(target)).as(each).isTrue();
    }
    assertThat(Target.parse("Example.com.:443", 0).rule()).isEqualTo("example.com");
    assertThat(Target.parse("example.com:22", 0).rule()).isEqualTo("example.com:22");
  }

  @Test
  void everyPresetCanBeUsed() {
    assertThat(Presets.names()).contains("package-managers", "git-hosts");
    for (String preset : Presets.names()) {
      assertThat(Presets.hosts(preset)).isNotEmpty();
      HostRules.of(List.of(preset));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "package-manager",
        "",
        "a b",
        "*.1.2.3.4",
        "a:0",
        "a:70000",
        "a:x",
        "http://a.b",
        "a.*.b",
        "u@a.b"
      })
  void aRuleThatCannotBeIsNamed(String rule) {
    assertThatThrownBy(() -> HostRules.of(List.of("example.com", rule)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("egress rule '" + rule + "'")
        .hasMessageContaining("package-managers");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "example.com",
        "example.com:",
        "example.com:0",
        "example.com:65536",
        "example.com:+80",
        "user@example.com:80",
        "user:pw@example.com:80",
        "example.com:80:90",
        "example.com@evil.org:80",
        "[::1]",
        "::1:80",
        ":80",
        "example.com:80/x"
      })
  void whatIsNoTarget(String authority) {
    assertThatThrownBy(() -> Target.parse(authority, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
