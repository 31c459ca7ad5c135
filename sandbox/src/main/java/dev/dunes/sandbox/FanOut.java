package dev.dunes.sandbox;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * What several providers answered to the same question, asked all at once.
 *
 * @param answers by provider, in the order in which they were named
 * @param errors of those that did not answer, in the same order
 */
record FanOut<T>(Map<String, T> answers, Map<String, SandboxException> errors) {
  static <T> FanOut<T> ask(List<String> names, Duration limit, Function<String, T> question) {
    List<FutureTask<T>> tasks = new ArrayList<>();
    for (String name : names) {
      FutureTask<T> task = new FutureTask<>(() -> question.apply(name));
      tasks.add(task);
      Thread.ofVirtual().name("ask " + name).start(task);
    }
    FanOut<T> all = new FanOut<>(new LinkedHashMap<>(), new LinkedHashMap<>());
    long end = System.nanoTime() + limit.toNanos();
    try {
      for (int i = 0; i < names.size(); i++) {
        all.collect(names.get(i), tasks.get(i), end - System.nanoTime(), limit);
      }
      return all;
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("asking providers", e);
    } finally {
      tasks.forEach(task -> task.cancel(true));
    }
  }

  private void collect(String name, FutureTask<T> task, long left, Duration limit)
      throws InterruptedException {
    try {
      answers.put(name, task.get(Math.max(0, left), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      errors.put(name, SandboxTimeoutException.after(limit));
    } catch (ExecutionException e) {
      errors.put(name, Failures.asSandboxException(name, e.getCause()));
    }
  }
}
