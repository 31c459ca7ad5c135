package dev.dunes.session;

import static dev.dunes.session.Workshop.RESULT;
import static dev.dunes.session.Workshop.SOON;
import static dev.dunes.session.Workshop.echo;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TriggersTest {
  private static final ZonedDateTime NOON = ZonedDateTime.parse("2026-11-26T12:00:00Z");

  @TempDir Path directory;
  private Workshop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Workshop(directory);
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private void triggers(String json) throws IOException {
    shop.write("sandstorm.json", "{\"triggers\":" + json.replace('\'', '"') + "}");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aScheduleStartsARunThatReachesItsEndAndIsLeftOutWhileItLives() throws IOException {
    shop.write(
        "sandstorm.json",
        Json.text(
            Json.object()
                .set(
                    "triggers",
                    Json.MAPPER
                        .createArrayNode()
                        .add(
                            Json.object()
                                .put("name", "noon")
                                .put("type", "cron")
                                .put("schedule", "0 12 * * *")
                                .put("prompt", "sleep 600")))));

    shop.runs().triggers().tick(NOON.plusMinutes(1));
    assertThat(shop.runs().list(10)).isEmpty();
    shop.runs().triggers().tick(NOON);
    shop.runs().triggers().tick(NOON);
    assertThat(shop.runs().list(10)).hasSize(1);
    RunRecord record = shop.runs().list(1).getFirst();
    assertThat(record.id()).matches("trigger-noon-[0-9a-f]{6}");
    assertThat(record.scope().teamId()).isEqualTo("__trigger__");
    assertThat(record.scope().userId()).isEqualTo("noon");

    Run run = shop.runs().find(record.id()).orElseThrow();
    run.cancel();
    assertThat(run.awaitCleanup(SOON)).isTrue();
    assertThat(run.record().running()).isFalse();
    shop.runs().triggers().tick(NOON);
    assertThat(shop.runs().list(10)).hasSize(2);
  }

  @Test
  void aWebhookFillsInItsPromptAndRunsWithoutListener() throws IOException {
    triggers(
        "[{'name':'hook','type':'webhook','path':'/hooks/a','prompt':'echo {{body.n}}; "
            + "exit 4'}]");
    Trigger.Webhook hook = shop.runs().triggers().at("/hooks/a").orElseThrow();
    assertThat(shop.runs().triggers().at("/hooks")).isEmpty();

    Run run = shop.runs().triggers().fire(hook, Json.object().put("x", 1), Map.of());

    assertThat(run.awaitCleanup(SOON)).isTrue();
    assertThat(run.record().outcome()).isEqualTo("crashed");
    assertThat(run.record().prompt()).isEqualTo("echo ; exit 4");
  }

  @Test
  void secretsAndSignatures() throws IOException {
    shop.set("HOOK_SECRET", "s3cret");
    triggers(
        "[{'name':'a','type':'webhook','path':'/a','prompt':'x','secret':'${HOOK_SECRET}'},"
            + "{'name':'b','type':'webhook','path':'/b','prompt':'x'}]");
    Triggers triggers = shop.runs().triggers();
    Trigger.Webhook closed = triggers.at("/a").orElseThrow();
    // printf 'hi' | openssl dgst -sha256 -hmac s3cret
    String signature = "sha256=c12b1c71bb7471069ac81e29f270850182a5fac70d071c488c7fe3184a93d523";

    assertThat(triggers.admits(closed, Map.of(), bytes("hi"))).isFalse();
    assertThat(triggers.admits(closed, Map.of("x-sandstorm-trigger-secret", ""), bytes("hi")))
        .isFalse();
    assertThat(triggers.admits(closed, Map.of("x-sandstorm-trigger-secret", "s3cre"), bytes("hi")))
        .isFalse();
    assertThat(triggers.admits(closed, Map.of("x-sandstorm-trigger-secret", "s3cret"), bytes("hi")))
        .isTrue();
    assertThat(triggers.admits(closed, Map.of("x-hub-signature-256", signature), bytes("hi")))
        .isTrue();
    assertThat(triggers.admits(closed, Map.of("x-hub-signature-256", signature), bytes("ho")))
        .isFalse();
    assertThat(triggers.admits(triggers.at("/b").orElseThrow(), Map.of(), bytes("hi"))).isTrue();
    assertThat(closed.toString() + closed.json()).doesNotContain("s3cret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'name':'a b','type':'cron','schedule':'* * * * *','prompt':'x'}",
        "{'name':'','type':'cron','schedule':'* * * * *','prompt':'x'}",
        "{'name':'good','type':'cron','schedule':'* * * * *','prompt':'x'}",
        "{'name':'x','type':'cron','schedule':'* * * *','prompt':'x'}",
        "{'name':'x','type':'cron','schedule':'* * * * *','prompt':' '}",
        "{'name':'x','type':'cron','prompt':'x'}",
        "{'name':'x','type':'slack','prompt':'x'}",
        "{'name':'x','type':'webhook','prompt':'x'}",
        "{'name':'x','type':'webhook','path':'hooks','prompt':'x'}",
        "{'name':'x','type':'webhook','path':'/hooks/','prompt':'x'}",
        "{'name':'x','type':'webhook','path':'/good','prompt':'x'}",
        "{'name':'x','type':'webhook','path':'/query','prompt':'x'}",
        "{'name':'x','type':'webhook','path':'/runs/x','prompt':'x'}",
        "{'name':'x','type':'webhook','path':'/docs','prompt':'x'}",
        "{'name':'x','type':'webhook','path':'/memories/x','prompt':'x'}",
        "{'name':'x','type':'webhook','path':'/x','prompt':'x','secret':'${MISSING}'}",
        "{'name':'x','type':'webhook','path':'/x','prompt':'x','secret':''}",
        "{'name':'x','type':'webhook','path':'/x','prompt':'x','secret':5}",
        "5"
      })
  void oneBadTriggerLeavesNone(String bad) throws IOException {
    String good = "{'name':'good','type':'webhook','path':'/good','prompt':'x'}";
    triggers("[" + good + "]");
    assertThat(shop.runs().triggers().all()).hasSize(1);
    triggers("[" + good + "," + bad + "]");
    assertThat(shop.runs().triggers().all()).isEmpty();
    triggers("[" + good + "]");
    assertThat(shop.runs().triggers().all()).hasSize(1);
  }

  @Test
  void templates() {
    var body =
        Json.parse(
                bytes(
                    "{\"a\":{\"b\":\"<x>&\"},\"o\":{\"z\":1,\"a\":[true,null]},\"n\":null,\"l\":[{\"k\":7}]}"))
            .orElseThrow();
    Map<String, String> headers =
        Map.of(
            "x-event",
            "push",
            "authorization",
            "Bearer t",
            "cookie",
            "c",
            "x-sandstorm-trigger-secret",
            "s");

    assertThat(TriggerTemplate.fill("A {{body.a.b}} $1 \\", body, headers))
        .isEqualTo("A <trigger_value path=\"body.a.b\">&lt;x&gt;&amp;</trigger_value> $1 \\");
    assertThat(TriggerTemplate.fill("{{ body.o }}", body, headers))
        .isEqualTo("<trigger_value path=\"body.o\">{\"a\":[true,null],\"z\":1}</trigger_value>");
    assertThat(TriggerTemplate.fill("{{body.l.0.k}}", body, headers))
        .isEqualTo("<trigger_value path=\"body.l.0.k\">7</trigger_value>");
    assertThat(TriggerTemplate.fill("{{headers.X-Event}}", body, headers))
        .isEqualTo("<trigger_value path=\"headers.X-Event\">push</trigger_value>");
    assertThat(
            TriggerTemplate.fill(
                "[{{body.no}}{{body.n}}{{body.a.b.c}}{{headers.no}}{{headers.authorization}}{{headers.Cookie}}{{headers.x-sandstorm-trigger-secret}}]",
                body,
                headers))
        .isEqualTo("[]");
    assertThat(TriggerTemplate.fill("{{other.x}} {{bodyx}}", body, headers))
        .isEqualTo("{{other.x}} {{bodyx}}");
    assertThat(
            TriggerTemplate.fill("{{body.raw}}", Json.parse(bytes("[1]")).orElseThrow(), headers))
        .isEqualTo("<trigger_value path=\"body.raw\">[1]</trigger_value>");
    // what comes from outside is not filled in again
    assertThat(
            TriggerTemplate.fill(
                "{{body.t}}", Json.object().put("t", "{{headers.x-event}}"), headers))
        .contains("{{headers.x-event}}");
  }

  @Test
  void aTestRunCanBeListenedTo() throws IOException {
    shop.write(
        "sandstorm.json",
        Json.text(
            Json.object()
                .set(
                    "triggers",
                    Json.MAPPER
                        .createArrayNode()
                        .add(
                            Json.object()
                                .put("name", "t")
                                .put("type", "cron")
                                .put("schedule", "0 12 * * *")
                                .put("prompt", echo(RESULT))))));
    Triggers triggers = shop.runs().triggers();
    RunRequest request =
        triggers.request(triggers.named("t").orElseThrow(), Json.object(), Map.of(), false);

    assertThat(Workshop.texts(Workshop.events(shop.runs().start(request)))).containsExactly(RESULT);
  }
}
