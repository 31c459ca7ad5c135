package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.server.http.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What the steps of a build reach, and what they say when they reach nothing. */
class TemplateEgressTest {
  private static final String REMEDY = "DUNES_SANDBOX_INTERNET=1";

  @TempDir Path directory;
  private SandboxShop shop;
  private TemplateShop templates;
  private Internet internet;

  @BeforeEach
  void open() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "curl is not installed");
    internet = new Internet();
    shop = new SandboxShop(directory);
    templates = new TemplateShop(shop);
    shop.shop.gateways(Internet::gateway);
  }

  @AfterEach
  void close() throws Exception {
    if (shop != null) {
      templates.clear();
      shop.close();
      internet.close();
    }
  }

  private String fetch(String options, String url) {
    return "curl -sS --fail -m 20 %s %s > fetched".formatted(options, url);
  }

  @Test
  void whereTheOperatorOpenedTheNetworkStepsReachIt() throws Exception {
    shop.shop.set("DUNES_SANDBOX_INTERNET", "1");
    String python =
        "python3 -c \"import urllib.request as u; print(u.urlopen('%s').read())\""
            .formatted(internet.url("b.good.example"));
    JsonNode done =
        templates.build(
            "networked",
            TemplateShop.plan(
                TemplateShop.step("RUN", fetch("", internet.url("a.good.example"))),
                TemplateShop.step("RUN", python),
                TemplateShop.step("RUN", "env | grep -i ^http_proxy= | sed 's,^,export ,' > way")));

    assertThat(done.get("status").asString()).as(done.toString()).isEqualTo("ready");
    assertThat(done.get("logs").toString()).contains("b'hello'").doesNotContain(REMEDY);
    String id =
        shop.post(201, "/sandboxes", Json.object().put("templateID", "networked"))
            .get("sandboxID")
            .asString();
    assertThat(shop.sh(id, "cat fetched").get("stdout").asString()).isEqualTo("hello");
    String answers = "curl -s -m 20 -o /tmp/said -w '%%{http_code}\\n' %s; ";
    String url = internet.url("a.good.example");
    assertThat(
            shop.sh(id, answers.formatted(url) + ". ./way; " + answers.formatted(url))
                .get("stdout")
                .asString())
        .as("with its own way, and with that of the build, which is closed")
        .isEqualTo("200\n407\n");
  }

  @Test
  void addressesInsideStayRefusedInBuilds() throws Exception {
    shop.shop.set("DUNES_SANDBOX_INTERNET", "1");
    JsonNode done =
        templates.build(
            "inside",
            TemplateShop.plan(
                TemplateShop.step("RUN", fetch("", internet.url(Internet.HOST))),
                TemplateShop.step("RUN", "curl -sS -m 20 http://10.0.0.1/ && exit 3")));

    assertThat(done.get("reason").get("step").asString()).as(done.toString()).isEqualTo("2");
    assertThat(done.get("logs").toString()).contains("its address is private");
  }

  @Test
  void withoutTheSettingStepsReachNothingAndSayWhatToDo() throws Exception {
    JsonNode done =
        templates.build(
            "offline",
            TemplateShop.plan(
                TemplateShop.step("RUN", "true"),
                TemplateShop.step("RUN", fetch("--noproxy '*'", internet.url(Internet.HOST)))));

    assertThat(done.get("status").asString()).isEqualTo("error");
    assertThat(done.get("reason").get("step").asString()).isEqualTo("2");
    JsonNode first = null;
    JsonNode last = null;
    for (JsonNode line : done.get("logEntries")) {
      if (line.get("message").asString().contains(REMEDY)) {
        first = first == null ? line : first;
        last = line;
      }
    }
    assertThat(first).isNotNull();
    assertThat(first.get("step").asString()).isEqualTo("base");
    assertThat(last.get("step").asString()).isEqualTo("2");
    assertThat(last.get("level").asString()).isEqualTo("warn");
    assertThat(last.get("message").asString()).contains("steps reach no network", "COPY");
  }
}
