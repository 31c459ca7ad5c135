package dev.dunes.server.agentapi;

import dev.dunes.agent.AgentModels;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.Agents;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.server.v1.AgentChoices;
import dev.dunes.server.v1.Fields;
import dev.dunes.server.v1.JsonBody;
import dev.dunes.server.v1.Parameters;
import dev.dunes.server.v1.Problem;
import dev.dunes.session.AgentInstallation;
import dev.dunes.session.AgentStatus;
import dev.dunes.session.SessionException;
import dev.dunes.session.Sessions;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Agents: which there are, what they can, installing them. Agent API, sheet 2.2; ACP, 2.8. */
final class AgentRoutes {
  private final Sessions sessions;

  AgentRoutes(Sessions sessions) {
    this.sessions = sessions;
  }

  List<Route> routes() {
    return List.of(
        Route.of("GET", "/v1/agents", this::list),
        Route.of("GET", "/v1/agents/{agent}", this::one),
        Route.of("POST", "/v1/agents/{agent}/install", this::install),
        Route.of("GET", "/v1/agents/{agent}/modes", this::modes),
        Route.of("GET", "/v1/agents/{agent}/models", this::models));
  }

  private void list(Exchange exchange) throws InterruptedException {
    boolean config = wantsConfig(exchange);
    ObjectNode answer = Json.object();
    ArrayNode agents = answer.putArray("agents");
    sessions.agents().forEach(agent -> agents.add(json(agent, config)));
    exchange.send(Reply.json(200, answer));
  }

  private void one(Exchange exchange) throws InterruptedException {
    boolean config = wantsConfig(exchange);
    exchange.send(Reply.json(200, json(sessions.agent(exchange.parameter("agent")), config)));
  }

  /** What is known is never older than the program, so {@code no_cache} asks for nothing more. */
  private static boolean wantsConfig(Exchange exchange) {
    Parameters.flag(exchange, "no_cache");
    return Parameters.flag(exchange, "config");
  }

  private ObjectNode json(AgentStatus agent, boolean config) {
    ObjectNode json =
        Json.object()
            .put("id", agent.id())
            .put("installed", agent.installed())
            .put("credentialsAvailable", agent.credentialsAvailable());
    agent.version().ifPresent(version -> json.put("version", version));
    agent.path().ifPresent(path -> json.put("path", path));
    json.set("capabilities", Json.MAPPER.valueToTree(agent.traits().capabilities()));
    traits(agent.traits(), json);
    if (agent.traits().capabilities().sharedProcess()) {
      json.set("serverStatus", server(agent.server()));
    }
    if (config) {
      options(agent.id(), json);
    }
    return json;
  }

  /** Beyond the sheet: what else is known without starting it. */
  private static void traits(AgentTraits traits, ObjectNode json) {
    ArrayNode permissionModes = json.putArray("permissionModes");
    traits.permissionModes().forEach(permissionModes::add);
    json.put("anyMode", traits.anyMode());
    ArrayNode dialects = json.putArray("dialects");
    traits.dialects().forEach(each -> dialects.add(each.name().toLowerCase(Locale.ROOT)));
    json.put("resumable", traits.resumable()).put("inProcess", traits.inProcess());
    traits.unavailable().ifPresent(why -> json.put("unavailable", why));
  }

  private static ObjectNode server(Optional<AgentStatus.ServerStatus> server) {
    ObjectNode json = Json.object();
    json.put("status", server.map(AgentStatus.ServerStatus::status).orElse("stopped"));
    server.flatMap(AgentStatus.ServerStatus::baseUrl).ifPresent(url -> json.put("baseUrl", url));
    server.ifPresent(s -> s.uptimeMillis().ifPresent(millis -> json.put("uptimeMs", millis)));
    json.put("restartCount", server.map(AgentStatus.ServerStatus::restartCount).orElse(0));
    server
        .flatMap(AgentStatus.ServerStatus::lastError)
        .ifPresent(error -> json.put("lastError", error));
    return json;
  }

  private void options(String agent, ObjectNode json) {
    try {
      AgentChoices choices = new AgentChoices(sessions.modes(agent), sessions.models(agent));
      json.set(
          "configOptions", choices.options(Optional.empty(), Optional.empty(), Optional.empty()));
    } catch (SessionException e) {
      // The agent is listed all the same, with the reason.
      json.put("configError", e.detail());
    }
  }

  private void install(Exchange exchange) throws InterruptedException {
    Fields body = JsonBody.object(exchange);
    boolean again = body.flag("reinstall").orElse(false);
    Optional<String> version = body.text("agentVersion");
    boolean detailed =
        version.isPresent()
            || body.text("agentProcessVersion").isPresent()
            || exchange
                .header("prefer")
                .filter(value -> value.replace(" ", "").contains("return=representation"))
                .isPresent();
    AgentInstallation done = sessions.install(exchange.parameter("agent"), again);
    if (version.isPresent() && !version.get().equals(done.version())) {
      throw Problem.invalid(
              "version %s of %s cannot be chosen here: this server uses %s"
                  .formatted(version.get(), exchange.parameter("agent"), done.version()))
          .failure();
    }
    exchange.send(detailed ? Reply.json(200, result(exchange, done)) : Reply.empty(204));
  }

  private ObjectNode result(Exchange exchange, AgentInstallation done) {
    String agent = exchange.parameter("agent");
    boolean builtin = sessions.agent(agent).traits().inProcess();
    boolean own = agent.startsWith(Agents.OWN);
    ObjectNode json = Json.object().put("already_installed", done.alreadyInstalled());
    json.putArray("artifacts")
        .addObject()
        .put("kind", builtin ? "agent_process" : "native_agent")
        .put("path", done.path())
        .put("source", builtin ? "builtin" : own ? "local_path" : "registry")
        .put("version", done.version());
    return json;
  }

  private void modes(Exchange exchange) throws InterruptedException {
    ObjectNode answer = Json.object();
    ArrayNode modes = answer.putArray("modes");
    sessions
        .modes(exchange.parameter("agent"))
        .forEach(mode ->
            modes
                .addObject()
                .put("id", mode.id())
                .put("name", mode.name())
                .put("description", mode.description()));
    exchange.send(Reply.json(200, answer));
  }

  private void models(Exchange exchange) throws InterruptedException {
    AgentModels known = sessions.models(exchange.parameter("agent"));
    ObjectNode answer = Json.object();
    ArrayNode models = answer.putArray("models");
    for (AgentModels.Model model : known.models()) {
      ObjectNode json = models.addObject().put("id", model.id());
      model.name().ifPresent(name -> json.put("name", name));
      if (!model.variants().isEmpty()) {
        ArrayNode variants = json.putArray("variants");
        model.variants().forEach(variants::add);
      }
      model.defaultVariant().ifPresent(variant -> json.put("defaultVariant", variant));
    }
    known.defaultModel().ifPresent(model -> answer.put("defaultModel", model));
    exchange.send(Reply.json(200, answer));
  }
}
