package dev.dunes.scripted;

import java.util.concurrent.CountDownLatch;

/** Runs the scripted model by itself: {@code java -cp … dev.dunes.scripted.Main [PORT]}. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws InterruptedException {
    int port = arguments.length == 0 ? 0 : Integer.parseInt(arguments[0]);
    try (ScriptedModel model = ScriptedModel.builder().port(port).start()) {
      System.out.println("scripted model: " + model.uri());
      new CountDownLatch(1).await(); // until the process is ended
    }
  }
}
