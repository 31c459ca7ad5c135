package dev.dunes.server.acp;

import dev.dunes.agent.AgentCapabilities;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.server.http.Json;
import dev.dunes.server.v1.Problem;
import dev.dunes.session.AgentStatus;
import dev.dunes.session.EventPage;
import dev.dunes.session.Session;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionException;
import dev.dunes.session.SessionInfo;
import dev.dunes.session.SessionSpec;
import dev.dunes.session.Sessions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The methods of an agent that speaks ACP, over the engine's sessions. Sheet 2.6. */
final class AcpMethods {
  private static final int PAGE = 100;
  private static final int REPLAY = 500;

  private final Sessions sessions;
  private final Workplace workplace;
  private final AcpServer server;

  AcpMethods(Sessions sessions, Workplace workplace, AcpServer server) {
    this.sessions = sessions;
    this.workplace = workplace;
    this.server = server;
  }

  /** The result of a request; what goes wrong is thrown as {@link RpcException}. */
  ObjectNode call(String method, Params params) throws IOException, InterruptedException {
    try {
      return switch (method) {
        case "initialize" -> initialize();
        case "authenticate" -> Json.object();
        case "session/new" -> begin(params);
        case "session/load" -> load(params);
        case "session/resume" -> resume(params);
        case "session/list" -> list(params);
        case "session/fork" -> fork(params);
        case "session/close" -> close(params);
        case "session/prompt" ->
            new AcpTurn(server, server.session(params.required("sessionId")))
                .run(PromptContent.read(params));
        case "session/set_mode" -> setMode(params);
        case "session/set_model" -> setModel(params);
        case "session/set_config_option" -> setOption(params);
        default -> throw RpcException.noMethod(method);
      };
    } catch (SessionException e) {
      throw RpcException.of(e);
    } catch (SandboxException e) {
      throw RpcException.of(Problem.stream(String.valueOf(e.getMessage())));
    }
  }

  private ObjectNode initialize() {
    AgentStatus agent = sessions.agent(server.agent());
    AgentCapabilities can = agent.traits().capabilities();
    ObjectNode result = Json.object().put("protocolVersion", 1);
    ObjectNode capabilities = result.putObject("agentCapabilities").put("loadSession", true);
    capabilities
        .putObject("promptCapabilities")
        .put("image", can.images())
        .put("audio", false)
        .put("embeddedContext", true);
    capabilities
        .putObject("mcpCapabilities")
        .put("http", can.mcpTools())
        .put("sse", can.mcpTools());
    ObjectNode session = capabilities.putObject("sessionCapabilities");
    session.putObject("list");
    session.putObject("resume");
    session.putObject("fork");
    session.putObject("close");
    result
        .putObject("agentInfo")
        .put("name", agent.id())
        .put("version", agent.version().orElse("unknown"));
    result.putArray("authMethods");
    return result;
  }

  private ObjectNode begin(Params params) throws IOException {
    String cwd = directory(params);
    SessionSpec.Builder spec =
        SessionSpec.builder(server.agent()).workspace(workplace.workspace().name());
    McpServerList.read(params).ifPresent(spec::mcpServers);
    String real = cwd;
    if (!sessions.agent(server.agent()).traits().inProcess()) {
      real = workplace.isDirectory(cwd) ? cwd : workplace.workspace().home();
      spec.directory(real);
    }
    Session session = sessions.create("ses_" + UUID.randomUUID(), spec.build());
    ObjectNode result = Json.object().put("sessionId", session.id());
    result.setAll(server.bind(session).state());
    result.putObject("_meta").putObject("dunes").put("cwd", real);
    return result;
  }

  private static String directory(Params params) {
    String cwd = params.required("cwd");
    if (!cwd.startsWith("/")) {
      throw RpcException.params("cwd must be absolute");
    }
    return cwd;
  }

  private AcpSession known(Params params) throws IOException {
    directory(params);
    String id = params.required("sessionId");
    Session session = sessions.get(id);
    if (!session.info().agent().equals(server.agent())) {
      throw RpcException.params("session '%s' is one of %s".formatted(id, session.info().agent()));
    }
    return server.bind(session);
  }

  private ObjectNode load(Params params) throws IOException {
    AcpSession session = known(params);
    List<byte[]> batch = new ArrayList<>();
    AcpUpdates updates =
        new AcpUpdates(true, update -> batch.add(Rpc.update(session.session().id(), update)));
    long last = session.session().info().eventCount();
    for (long offset = 0; offset < last; ) {
      EventPage page = session.session().page(offset, OptionalLong.of(REPLAY));
      if (page.events().isEmpty()) {
        break;
      }
      for (SessionEvent event : page.events()) {
        updates.accept(event.event().data());
        offset = event.sequence();
      }
      server.log().add(batch);
      batch.clear();
    }
    return session.state();
  }

  private ObjectNode resume(Params params) throws IOException {
    return known(params).state();
  }

  private ObjectNode list(Params params) {
    Optional<String> cwd = params.text("cwd");
    int from = params.text("cursor").map(AcpMethods::cursor).orElse(0);
    List<SessionInfo> all =
        sessions.list().stream()
            .filter(info -> info.agent().equals(server.agent()))
            .filter(info -> cwd.isEmpty() || cwd.get().equals(place(info)))
            .toList();
    ObjectNode result = Json.object();
    ArrayNode page = result.putArray("sessions");
    all.stream()
        .skip(from)
        .limit(PAGE)
        .forEach(info -> {
          ObjectNode one = page.addObject();
          one.put("sessionId", info.sessionId()).put("cwd", place(info));
          info.title().ifPresent(title -> one.put("title", title));
          one.put("updatedAt", info.updatedAt().toString());
        });
    if (all.size() > from + PAGE) {
      result.put("nextCursor", Integer.toString(from + PAGE));
    }
    return result;
  }

  private String place(SessionInfo info) {
    return info.directory().orElseGet(() -> workplace.workspace().home());
  }

  private static int cursor(String text) {
    if (!text.matches("[0-9]{1,9}")) {
      throw RpcException.params("there is no such cursor");
    }
    return Integer.parseInt(text);
  }

  private ObjectNode fork(Params params) throws IOException {
    AcpSession old = known(params);
    Session session = old.session().fork("ses_" + UUID.randomUUID());
    ObjectNode result = Json.object().put("sessionId", session.id());
    result.setAll(server.bind(session).state());
    return result;
  }

  private ObjectNode close(Params params) throws IOException {
    AcpSession session = server.session(params.required("sessionId"));
    session.session().rest();
    server.unbind(session.session().id());
    return Json.object();
  }

  private ObjectNode setMode(Params params) throws IOException {
    AcpSession session = server.session(params.required("sessionId"));
    session.session().setMode(params.required("modeId"));
    tellOptions(session);
    return Json.object();
  }

  private ObjectNode setModel(Params params) throws IOException {
    AcpSession session = server.session(params.required("sessionId"));
    session.session().setModel(params.required("modelId"), Optional.empty());
    tellOptions(session);
    return Json.object();
  }

  private ObjectNode setOption(Params params) throws IOException {
    AcpSession session = server.session(params.required("sessionId"));
    String option = params.required("configId");
    String value = params.required("value");
    session.choose(option, value);
    if (option.equals("mode")) {
      server
          .log()
          .add(
              List.of(
                  Rpc.update(
                      session.session().id(),
                      Json.object()
                          .put("sessionUpdate", "current_mode_update")
                          .put("currentModeId", value))));
    }
    ObjectNode result = Json.object();
    result.set("configOptions", session.options());
    return result;
  }

  private void tellOptions(AcpSession session) throws IOException {
    ObjectNode update = Json.object().put("sessionUpdate", "config_option_update");
    update.set("configOptions", session.options());
    server.log().add(List.of(Rpc.update(session.session().id(), update)));
  }
}
