package dev.dunes.server.e2b.code;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.server.e2b.code.KernelEvent.Begun;
import dev.dunes.server.e2b.code.KernelEvent.Failure;
import dev.dunes.server.e2b.code.KernelEvent.Finished;
import dev.dunes.server.e2b.code.KernelEvent.Output;
import dev.dunes.server.e2b.code.KernelEvent.Shown;
import dev.dunes.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Lines of JSON both ways, for kernels that tell by themselves what is printed and shown. They are
 * programs of ours, but the code they run can say anything in their name: every line is checked.
 */
final class FramedTalk implements Talk {
  private static final int LONGEST_LINE = 32 << 20;
  private static final int LONGEST_COMPLAINT = 4096;
  private static final byte[] INTERRUPT =
      "{\"interrupt\":true}\n".getBytes(StandardCharsets.US_ASCII);

  private final boolean interruptible;
  private final boolean tellsBegin;
  private final Lines lines = new Lines(LONGEST_LINE);
  private volatile String complaint = "";
  private volatile String running = "";
  private volatile boolean begun;
  private volatile boolean ready;

  /**
   * @param interruptible whether it also wants to be told that it is interrupted
   * @param tellsBegin whether it tells when it begins with a cell
   */
  FramedTalk(boolean interruptible, boolean tellsBegin) {
    this.interruptible = interruptible;
    this.tellsBegin = tellsBegin;
  }

  @Override
  public byte[] request(Cell cell) {
    begun = !tellsBegin;
    running = UUID.randomUUID().toString();
    ObjectNode request =
        Json.object().put("r", running).put("count", cell.count()).put("code", cell.code());
    ObjectNode env = request.putObject("env");
    cell.env().forEach(env::put);
    return (request + "\n").getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean begun() {
    return begun;
  }

  @Override
  public byte[] interrupt() {
    return interruptible ? INTERRUPT : new byte[0];
  }

  @Override
  public void take(OutputChunk chunk, Listener listener) throws InterruptedException {
    if (chunk.channel() == Channel.STDERR) {
      complain(chunk.text());
      return;
    }
    for (byte[] line : lines.add(chunk.data())) {
      understand(line, listener);
    }
  }

  private void understand(byte[] line, Listener listener) throws InterruptedException {
    JsonNode said;
    try {
      said = Json.MAPPER.readTree(line);
    } catch (JacksonException e) {
      throw new KernelException("it said what is no JSON", e);
    }
    switch (said.path("t").asString("")) {
      case "ready" -> ready = true;
      case "out" -> {
        String text = said.path("d").asString("");
        if (!text.isEmpty()) {
          boolean error = said.path("s").asString("").equals("stderr");
          listener.hear(new Output(error ? Channel.STDERR : Channel.STDOUT, text));
        }
      }
      case "result" -> {
        if (said.path("data") instanceof ObjectNode data) {
          listener.hear(new Shown(said.path("main").asBoolean(false), data, line.length));
        }
      }
      case "error" ->
          listener.hear(
              new Failure(
                  said.path("name").asString("Error"),
                  said.path("value").asString(""),
                  said.path("traceback").asString("")));
      case "begin" -> {
        if (!begun && said.path("r").asString("").equals(running)) {
          begun = true;
          listener.hear(new Begun());
        }
      }
      case "end" -> {
        if (said.path("r").asString("").equals(running)) {
          running = "";
          listener.hear(new Finished());
        }
      }
      default -> throw new KernelException("it said something that is not known");
    }
  }

  private void complain(String text) {
    String all = complaint + text;
    complaint = all.substring(0, Math.min(LONGEST_COMPLAINT, all.length()));
  }

  @Override
  public boolean ready() {
    return ready;
  }

  @Override
  public String complaint() {
    return complaint.strip();
  }
}
