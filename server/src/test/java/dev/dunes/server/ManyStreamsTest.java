package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Sandboxes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A thousand idle streams at a time: threads and heap. */
class ManyStreamsTest {
  private static final int STREAMS = 1000;

  @Test
  void aThousandIdleStreamsNeedNoThousandThreads(@TempDir Path directory) throws IOException {
    try (Shop shop = new Shop(directory)) {
      StillPlace agent = new StillPlace(directory.resolve("program"));
      shop.with(agent)
          .with(
              Sandboxes.builder()
                  .factories(List.of())
                  .register("still", new StillProvider())
                  .build());
      shop.write("config/limits.yaml", "max_concurrent_agents: 2000\n");
      List<RawClient> clients = new ArrayList<>();
      String body = Shop.query("wait").toString();
      long threadsBefore = 0;
      long heapBefore = 0;
      for (int i = 0; i < STREAMS + 50; i++) {
        if (i == 50) {
          // The first ones pay for what all share.
          heapBefore = heap();
          threadsBefore = threads();
        }
        RawClient client = new RawClient(shop.port());
        clients.add(client);
        client.post("/query", body).readTo(Shop.INIT + "\n\n");
      }

      assertThat(shop.server().runs().active()).isEqualTo(STREAMS + 50);
      // Other tests run beside this one and have threads of their own.
      assertThat(threads() - threadsBefore).isLessThan(STREAMS / 10);
      long perStream = (heap() - heapBefore) / STREAMS;
      System.out.println("heap for each open stream, client included: " + perStream + " bytes");
      assertThat(perStream).isLessThan(100_000);

      agent.mayGoOn.countDown();
      for (RawClient client : clients) {
        assertThat(client.readTo("0\r\n\r\n")).contains("data: " + Shop.RESULT + "\n\n");
        client.close();
      }
      assertThat(shop.server().runs().list(2000)).noneMatch(run -> run.running());
    }
  }

  /**
   * Platform threads, without those that carry virtual ones: these are more while some of them wait
   * for a disk.
   */
  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !thread.getName().startsWith("ForkJoinPool-1-worker"))
        .count();
  }

  private static long heap() {
    System.gc();
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
