package dev.dunes.cli;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** Carries bytes between two sockets until both have ended, each in its own time. */
final class SocketPump {
  private SocketPump() {}

  /**
   * @throws IOException when one of the two broke off; both are closed then
   */
  static void between(Socket one, Socket other) throws IOException, InterruptedException {
    AtomicReference<Optional<IOException>> failed = new AtomicReference<>(Optional.empty());
    Thread back =
        Thread.ofVirtual()
            .name("port-back")
            .start(() -> {
              try {
                copy(other, one);
              } catch (IOException e) {
                failed.set(Optional.of(e));
                reset(one); // which wakes the other direction, too
                close(one);
              }
            });
    try {
      copy(one, other);
    } catch (IOException e) {
      close(other);
      back.join();
      throw failed.get().orElse(e);
    }
    back.join();
    if (failed.get().isPresent()) {
      throw failed.get().get();
    }
  }

  private static void copy(Socket from, Socket to) throws IOException {
    from.getInputStream().transferTo(to.getOutputStream());
    to.shutdownOutput();
  }

  /** Has the next close be one that is no orderly end. */
  static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      close(socket);
    }
  }

  static void close(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // what cannot be closed is closed already
    }
  }
}
