package dev.dunes.hosting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BaseImagesTest {
  @Test
  void whatClientsOfE2bNameIsKnown() {
    assertThat(BaseImages.DEFAULT.template("e2bdev/base")).contains("base");
    assertThat(BaseImages.DEFAULT.template("docker.io/e2bdev/base:latest")).contains("base");
    assertThat(BaseImages.DEFAULT.template("e2bdev/code-interpreter:v1"))
        .contains("code-interpreter-v1");
    assertThat(BaseImages.DEFAULT.template("ubuntu:22.04")).isEmpty();
    assertThat(BaseImages.DEFAULT.template("localhost:5000/base")).isEmpty();
  }

  @Test
  void theFirstThatFitsHolds() {
    BaseImages images =
        BaseImages.parse("ubuntu:22.04=jammy, ubuntu=base ,python:3*=code-interpreter-v1,*=last");
    assertThat(images.template("ubuntu:22.04")).contains("jammy");
    assertThat(images.template("docker.io/library/ubuntu:22.04")).contains("jammy");
    assertThat(images.template("ubuntu:24.04")).contains("base");
    assertThat(images.template("ubuntu")).contains("base");
    assertThat(images.template("python:3.12-slim")).contains("code-interpreter-v1");
    assertThat(images.template("python:2")).contains("last");
  }

  @Test
  void whatIsNoRuleIsNamed() {
    for (String wrong : new String[] {"ubuntu", "=base", "ubuntu=", "a=b,,c=d"}) {
      assertThatThrownBy(() -> BaseImages.parse(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is not IMAGE=TEMPLATE");
    }
  }
}
