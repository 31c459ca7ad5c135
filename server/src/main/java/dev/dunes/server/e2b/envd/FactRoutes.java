package dev.dunes.server.e2b.envd;

import dev.dunes.sandbox.SandboxMetrics;
import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import java.time.Instant;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** Whether a sandbox is there, what it uses, what its variables are. E2B wire 2.6. */
final class FactRoutes {
  private static final long MIB = 1 << 20;

  void health(Exchange exchange, PortCall call) throws InterruptedException {
    // Asks the sandbox itself: one that has ended must not look well.
    call.use(open -> open.sandbox().files().exists("/"));
    exchange.send(new Reply(204, Map.of("cache-control", "no-store"), new byte[0]));
  }

  void metrics(Exchange exchange, PortCall call) throws InterruptedException {
    double cores = call.sandbox().cpuCores();
    ObjectNode body =
        call.use(open -> {
          SandboxMetrics metrics = open.sandbox().metrics();
          CpuUse use = open.attachments().get(CpuUse.class, CpuUse::new);
          long total = metrics.memoryLimitBytes().orElse(call.sandbox().memoryMb() * MIB);
          return Json.object()
              .put("ts", Instant.now().getEpochSecond())
              .put("cpu_count", (long) Math.ceil(cores))
              .put("cpu_used_pct", use.percent(metrics, cores))
              .put("mem_total", total)
              .put("mem_used", metrics.memoryBytes())
              .put("mem_cache", 0)
              .put("mem_total_mib", total / MIB)
              .put("mem_used_mib", metrics.memoryBytes() / MIB)
              .put("disk_used", metrics.diskUsedBytes())
              .put("disk_total", metrics.diskLimitBytes().orElse(call.sandbox().diskMb() * MIB));
        });
    exchange.send(Reply.json(200, body).with("cache-control", "no-store"));
  }

  void envs(Exchange exchange, PortCall call) throws InterruptedException {
    ObjectNode body = Json.object();
    call.use(open -> open.sandbox().spec().env()).forEach(body::put);
    exchange.send(Reply.json(200, body).with("cache-control", "no-store"));
  }
}
