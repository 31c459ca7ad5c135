package dev.dunes.scripted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes wrong on purpose. */
class FaultsTest {
  private static final String STREAM =
      "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"[[text]]\"}]}";

  private final ScriptedModel model = ScriptedModel.start();
  private final Caller caller = new Caller(model);

  @AfterEach
  void close() {
    caller.close();
    model.close();
  }

  @Test
  void aStatusIsCountedDown() throws Exception {
    assertThat(
            caller
                .send("PUT", "/_script/fail", "{\"status\":429,\"retryAfter\":1,\"times\":2}")
                .statusCode())
        .isEqualTo(200);
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> failed = caller.send("POST", "/v1/messages", STREAM);
      assertThat(failed.statusCode()).isEqualTo(429);
      assertThat(failed.headers().firstValue("retry-after")).contains("1");
      assertThat(failed.headers().firstValue("request-id")).isPresent();
      assertThat(failed.body())
          .isEqualTo(
              "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
                  + "\"message\":\"scripted 429\",\"code\":\"scripted_429\"}}");
    }
    assertThat(caller.send("POST", "/v1/messages", STREAM).statusCode()).isEqualTo(200);
  }

  @Test
  void aStatusLastsUntilHealed() throws Exception {
    model.fail(Fault.status(401));
    for (int i = 0; i < 3; i++) {
      assertThat(caller.post("/v1/responses", "{}")).contains("authentication_error");
    }
    assertThat(caller.send("DELETE", "/_script/fail", "").statusCode()).isEqualTo(200);
    assertThat(caller.send("POST", "/v1/messages", STREAM).statusCode()).isEqualTo(200);
  }

  @Test
  void aScenarioCanBeAnError() throws Exception {
    HttpResponse<String> reply =
        caller.send("POST", "/v1/messages", Bodies.messages("[[overloaded]]", "Bash"));
    assertThat(reply.statusCode()).isEqualTo(529);
    assertThat(model.requests().getLast().status()).isEqualTo(529);
  }

  @Test
  void aStreamIsCut() {
    model.fail(new Fault.Cut(2), 1);
    assertThatThrownBy(() -> caller.post("/v1/messages", STREAM)).isInstanceOf(IOException.class);
  }

  @Test
  void aConnectionIsCutBeforeTheAnswer() throws Exception {
    model.fail(new Fault.Cut(0));
    assertThatThrownBy(() -> caller.post("/v1/messages", STREAM)).isInstanceOf(IOException.class);
    model.heal();
    assertThat(caller.post("/v1/messages", STREAM)).endsWith("{\"type\":\"message_stop\"}\n\n");
  }

  @Test
  void aStreamReportsAnError() throws Exception {
    model.fail(new Fault.ErrorInStream(1));
    assertThat(caller.post("/v1/messages", STREAM))
        .contains("event: message_start")
        .endsWith(
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
                + "\"message\":\"scripted overload\"}}\n\n");
    assertThat(caller.post("/v1/responses", "{\"input\":\"[[text]]\"}"))
        .endsWith(
            "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"error\":"
                + "{\"code\":\"rate_limit_exceeded\",\"message\":\"scripted overload\"}}}\n\n");
  }

  @Test
  void aStalledStreamEndsWhenTheClientLeaves() throws Exception {
    model.fail(new Fault.Stall(1));
    var answer =
        caller
            .client()
            .sendAsync(
                caller.request("POST", "/v1/messages", STREAM),
                HttpResponse.BodyHandlers.ofString());
    model.await(request -> request.status() == 200, Duration.ofSeconds(10));
    assertThat(model.requests().getLast().aborted()).isFalse();
    caller.client().shutdownNow();
    assertThat(model.await(RecordedRequest::aborted, Duration.ofSeconds(10)).scenario())
        .isEqualTo("text");
    assertThat(answer).isCompletedExceptionally();
  }

  @Test
  void connectionsAreRefusedAndAcceptedAgainAtTheSamePort() throws Exception {
    assertThat(caller.send("GET", "/", "").statusCode()).isEqualTo(200);
    model.fail(new Fault.Refuse());
    assertThatThrownBy(() -> caller.send("GET", "/", ""))
        .satisfies(e ->
            assertThat(e instanceof ConnectException || e.getCause() instanceof ConnectException)
                .as(e.toString())
                .isTrue());
    model.heal();
    assertThat(caller.send("GET", "/", "").statusCode()).isEqualTo(200);
  }

  @Test
  void faultsThatAreNoneAreRefused() throws Exception {
    assertThat(caller.send("PUT", "/_script/fail", "{\"burn\":1}").statusCode()).isEqualTo(400);
    assertThat(caller.send("PUT", "/_script/fail", "{\"refuse\":true}").body()).contains("forMs");
    assertThat(caller.send("PUT", "/_script/fail", "{\"status\":200}").statusCode()).isEqualTo(400);
    assertThat(caller.send("PUT", "/_script/fail", "not json").statusCode()).isEqualTo(400);
    assertThat(caller.send("PUT", "/_script/fail", "{\"status\":500,\"times\":0}").statusCode())
        .isEqualTo(400);
    assertThat(caller.send("GET", "/_script/other", "").statusCode()).isEqualTo(404);
    assertThat(caller.send("POST", "/v1/messages", STREAM).statusCode()).isEqualTo(200);
  }
}
