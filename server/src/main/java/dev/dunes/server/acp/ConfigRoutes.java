package dev.dunes.server.acp;

import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.WriteOptions;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.server.v1.Fields;
import dev.dunes.server.v1.JsonBody;
import dev.dunes.server.v1.Parameters;
import dev.dunes.server.v1.Problem;
import dev.dunes.server.v1.ProblemType;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What is configured for a directory of the workspace: MCP servers and skills. ACP, sheet 2.11. */
final class ConfigRoutes {
  private static final long LARGEST = 1 << 20;

  private final Workplace workplace;
  private final ReentrantLock lock = new ReentrantLock();

  ConfigRoutes(Workplace workplace) {
    this.workplace = workplace;
  }

  private interface Check {
    void accept(Fields value);
  }

  /**
   * A kind of configuration.
   *
   * @param name of the path, the file and the id
   * @param parameter that names an entry
   */
  private record Kind(String name, String parameter, Check check) {}

  List<Route> routes() {
    return java.util.stream.Stream.of(
            new Kind("mcp", "mcpName", ConfigRoutes::checkServer),
            new Kind("skills", "skillName", ConfigRoutes::checkSkills))
        .flatMap(kind ->
            java.util.stream.Stream.of(
                Route.of("GET", "/v1/config/" + kind.name(), exchange -> get(exchange, kind)),
                Route.of("PUT", "/v1/config/" + kind.name(), exchange -> put(exchange, kind)),
                Route.of(
                    "DELETE", "/v1/config/" + kind.name(), exchange -> delete(exchange, kind))))
        .toList();
  }

  private static void checkServer(Fields value) {
    switch (value.requiredText("type")) {
      case "local", "stdio" -> {
        value.requiredText("command");
        value.texts("args");
        value.textMap("env");
      }
      case "remote", "http" -> {
        value.requiredText("url");
        value.textMap("headers");
      }
      default -> throw Fields.wrong("field `type` must be local, stdio, http or remote");
    }
  }

  private static void checkSkills(Fields value) {
    if (value.value("sources").isEmpty()) {
      throw Fields.wrong("missing field `sources`");
    }
    for (Fields source : value.objects("sources")) {
      source.requiredText("type");
      source.requiredText("source");
      source.texts("skills");
    }
  }

  private String file(Exchange exchange, Kind kind) {
    String directory = workplace.absolute(Parameters.required(exchange, "directory"));
    return directory + "/.sandbox-agent/config/" + kind.name() + ".json";
  }

  private void get(Exchange exchange, Kind kind) throws InterruptedException {
    String file = file(exchange, kind);
    String name = Parameters.required(exchange, kind.parameter());
    JsonNode value = read(file).get(name);
    if (value == null) {
      String id = kind.name() + ":" + name;
      throw Problem.of(ProblemType.SESSION_NOT_FOUND, "session not found: " + id)
          .with("sessionId", id)
          .failure();
    }
    exchange.send(Reply.json(200, value));
  }

  private void put(Exchange exchange, Kind kind) throws InterruptedException {
    String file = file(exchange, kind);
    String name = Parameters.required(exchange, kind.parameter());
    Fields value = JsonBody.object(exchange);
    kind.check().accept(value);
    change(file, all -> all.set(name, value.object()));
    exchange.send(Reply.empty(204));
  }

  private void delete(Exchange exchange, Kind kind) throws InterruptedException {
    String file = file(exchange, kind);
    String name = Parameters.required(exchange, kind.parameter());
    change(file, all -> all.remove(name));
    exchange.send(Reply.empty(204));
  }

  private void change(String file, java.util.function.Consumer<ObjectNode> how) {
    lock.lock();
    try {
      ObjectNode all = read(file);
      how.accept(all);
      SandboxFiles files = workplace.sandbox().files();
      try (OutputStream out = files.write(file, WriteOptions.ATOMIC)) {
        out.write(Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(all));
      } catch (IOException e) {
        throw Problem.stream("cannot write " + file + ": " + e.getMessage()).failure();
      }
    } finally {
      lock.unlock();
    }
  }

  /** What is in a file; nothing when there is none. It comes out of a sandbox. */
  private ObjectNode read(String file) {
    SandboxFiles files = workplace.sandbox().files();
    try {
      if (files.stat(file).size() > LARGEST) {
        throw Problem.stream(file + " is too large").failure();
      }
      byte[] bytes;
      try (var in = files.read(file, 0, LARGEST)) {
        bytes = in.readAllBytes();
      }
      if (Json.MAPPER.readTree(bytes) instanceof ObjectNode all) {
        return all;
      }
      throw Problem.stream(file + " holds no JSON object").failure();
    } catch (SandboxFileException e) {
      if (e.reason() == SandboxFileException.Reason.NOT_FOUND
          || e.reason() == SandboxFileException.Reason.NOT_DIRECTORY) {
        return Json.object();
      }
      throw e;
    } catch (IOException | JacksonException e) {
      throw Problem.stream("cannot read " + file).failure();
    }
  }
}
