package dev.dunes.guest;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** An operation that is a question and an answer. */
final class GuestCall<T> extends GuestStream {
  /** Reads an answer. What it leaves is a breach of the protocol. */
  @FunctionalInterface
  interface Answer<T> {
    T read(PayloadReader payload) throws GuestProtocolException;
  }

  private final Answer<T> answer;
  private volatile @Nullable T value;

  GuestCall(Answer<T> answer) {
    this.answer = answer;
  }

  @Override
  void onResult(PayloadReader payload) throws GuestProtocolException {
    value = answer.read(payload);
  }

  /** Waits for the answer. */
  T value(Duration limit, String path) {
    await(limit, path);
    return requireNonNull(value);
  }
}
