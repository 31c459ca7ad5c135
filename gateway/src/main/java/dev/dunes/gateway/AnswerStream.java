package dev.dunes.gateway;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;

/** The body of an answer on its way to the sandbox, as fast as the sandbox reads. */
final class AnswerStream {
  private final Exchange exchange;
  private final HttpClientResponse answer;
  private final HttpServerResponse response;
  private final AnswerDecoder decoder;
  private final String contentType;
  private long rest = -1; // of a body whose length is known

  AnswerStream(Exchange exchange, HttpClientResponse answer, AnswerDecoder decoder) {
    this.exchange = exchange;
    this.answer = answer;
    this.response = exchange.response();
    this.decoder = decoder;
    this.contentType =
        decoder.contentType(Optional.ofNullable(answer.getHeader("content-type")).orElse(""));
  }

  /**
   * @param broken told when the provider's bytes make no sense
   */
  void pass(Consumer<IOException> broken) {
    HeaderRules.toSandbox(answer.headers(), response.headers());
    if (decoder != AnswerDecoder.NOTHING) {
      response.headers().remove("content-length");
      response.putHeader("content-type", contentType);
    }
    response.setStatusCode(answer.statusCode());
    if (!response.headers().contains("content-length")) {
      response.setChunked(true);
    }
    String length = answer.getHeader("content-length");
    if (decoder == AnswerDecoder.NOTHING && length != null) {
      rest = Long.parseLong(length); // the client has checked it
    }
    exchange.answering(contentType);
    answer.handler(piece -> {
      try {
        piece(piece);
      } catch (IOException e) {
        broken.accept(e);
      }
    });
    answer.endHandler(end -> end());
    answer.resume();
  }

  private void piece(Buffer piece) throws IOException {
    if (exchange.isOver()) {
      return;
    }
    byte[] original = piece.getBytes();
    byte[] bytes = decoder.accept(original);
    if (bytes.length == 0) {
      exchange.progressed();
      return;
    }
    boolean goesOn = exchange.passing(bytes);
    rest -= bytes.length;
    if (rest == 0) {
      exchange.answerHere(contentType);
      if (goesOn) {
        response.end(piece); // with its end, and not one after the other
        return;
      }
    }
    response.write(bytes == original ? piece : Buffer.buffer(bytes));
    if (!goesOn) {
      exchange.cut();
    } else if (response.writeQueueFull()) {
      answer.pause();
      response.drainHandler(drained -> {
        exchange.progressed();
        answer.resume();
      });
    }
  }

  private void end() {
    if (!exchange.isOver()) {
      exchange.answerOver(contentType);
      if (!response.ended()) {
        response.end();
      }
    }
  }
}
