package dev.dunes.provider.docker;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/** Says in the log how far the fetching of an image is, every few seconds. */
final class PullProgress {
  private static final Logger LOG = LoggerFactory.getLogger(PullProgress.class);
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final int MOST_LAYERS = 1000;

  private final String image;
  private final Map<String, Layer> layers = new HashMap<>();
  private long said = System.nanoTime();

  private record Layer(long done, long total) {}

  PullProgress(String image) {
    this.image = image;
  }

  /** Takes a line of the daemon's: a layer's id and how many of its bytes are there. */
  void line(JsonNode line) {
    JsonNode detail = line.path("progressDetail");
    String id = line.path("id").asString("");
    if (detail.has("total") && (layers.containsKey(id) || layers.size() < MOST_LAYERS)) {
      layers.put(id, new Layer(detail.path("current").asLong(0), detail.path("total").asLong(0)));
    }
    if (System.nanoTime() - said > INTERVAL_NANOS && !layers.isEmpty()) {
      said = System.nanoTime();
      LOG.info(
          "pulling {}: {} of {} MiB in {} layers",
          image,
          layers.values().stream().mapToLong(Layer::done).sum() >> 20,
          layers.values().stream().mapToLong(Layer::total).sum() >> 20,
          layers.size());
    }
  }
}
