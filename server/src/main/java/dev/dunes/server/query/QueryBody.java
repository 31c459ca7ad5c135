package dev.dunes.server.query;

import dev.dunes.server.http.Json;
import dev.dunes.session.InputFiles;
import dev.dunes.session.Memories;
import dev.dunes.session.Names;
import dev.dunes.session.ProviderKeys;
import dev.dunes.session.RunRefusedException;
import dev.dunes.session.RunRequest;
import dev.dunes.session.RunScope;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The body of {@code POST /query} as a request for a run. Query API 2.2, 2.3. */
final class QueryBody {
  private static final int LONGEST_PROMPT = 1_000_000;
  private static final int LONGEST_AGENT = 100;

  private QueryBody() {}

  /**
   * Reads a body, of whatever media type.
   *
   * @throws dev.dunes.server.http.HttpFailure 422 with everything that is wrong
   */
  static RunRequest read(byte[] bytes) {
    JsonNode body = json(bytes);
    Problems problems = new Problems();
    if (body.isNull()) {
      throw problems.add("missing", "Field required").failure();
    }
    if (!body.isObject()) {
      throw problems
          .add(
              "model_attributes_type",
              "Input should be a valid dictionary or object to extract fields from")
          .failure();
    }
    RunRequest.Builder request = request(new Fields(body, problems), problems);
    if (!problems.none()) {
      throw problems.failure();
    }
    return request.build();
  }

  /** A body that is a JSON value; an empty one counts as null. */
  static JsonNode json(byte[] bytes) {
    if (bytes.length == 0) {
      return Json.MAPPER.getNodeFactory().nullNode();
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new Problems().noJson(0, "not UTF-8").failure();
    }
    try {
      JsonNode node = Json.MAPPER.readTree(text);
      if (node == null || node.isMissingNode()) {
        throw new Problems().noJson(0, "Expecting value").failure();
      }
      return node;
    } catch (JacksonException e) {
      long offset = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getCharOffset());
      throw new Problems().noJson((int) offset, "Expecting value").failure();
    }
  }

  /** In the order of the table, which is that of the problems. */
  private static RunRequest.Builder request(Fields fields, Problems problems) {
    String prompt = fields.required("prompt", LONGEST_PROMPT);
    RunRequest.Builder request = RunRequest.builder(prompt.isEmpty() ? "?" : prompt);
    Optional<String> anthropic = fields.text("anthropic_api_key");
    Optional<String> e2b = fields.text("e2b_api_key");
    request.keys(new ProviderKeys(anthropic, fields.text("openrouter_api_key"), e2b));
    fields.filled("model", Integer.MAX_VALUE).ifPresent(request::model);
    fields.filled("agent", LONGEST_AGENT).ifPresent(request::agent); // beyond the sheet
    fields.integer("max_turns", 1, Integer.MAX_VALUE).ifPresent(request::maxTurns);
    fields.object("output_format").ifPresent(request::outputFormat);
    fields.integer("timeout", 5, 3600).ifPresent(request::timeoutSeconds);
    files(fields, problems).ifPresent(request::files);
    fields.texts("allowed_mcp_servers").ifPresent(request::allowedMcpServers);
    fields.texts("allowed_skills").ifPresent(request::allowedSkills);
    fields.texts("allowed_tools").ifPresent(request::allowedTools);
    fields.texts("allowed_agents").ifPresent(request::allowedAgents);
    fields.text("resume").ifPresent(request::resume);
    fields.flag("fork_session").ifPresent(request::forkSession);
    fields.number("max_budget_usd").ifPresent(request::maxBudgetUsd);
    request.scope(
        new RunScope(
            fields.text("team_id").orElse(RunScope.LOCAL),
            fields.text("user_id").orElse(RunScope.LOCAL),
            fields.text("channel_id")));
    remember(fields, problems).ifPresent(request::remember);
    agents(fields, problems).ifPresent(request::extraAgents);
    request.extraSkills(skills(fields, problems));
    fields.flag("keep_session").ifPresent(request::keepSession);
    fields.flag("extract_files").ifPresent(request::extractFiles);
    return request;
  }

  private static Optional<InputFiles> files(Fields fields, Problems problems) {
    Map<String, byte[]> contents = new LinkedHashMap<>();
    Map<String, JsonNode> given = fields.members("files");
    given.forEach((path, value) ->
        content(fields, problems, path, value).ifPresent(bytes -> contents.put(path, bytes)));
    if (contents.size() < given.size()) {
      return Optional.empty();
    }
    try {
      return Optional.of(InputFiles.of(contents));
    } catch (RunRefusedException e) {
      problems.value(String.valueOf(e.getMessage()), "files");
      return Optional.empty();
    }
  }

  private static Optional<byte[]> content(
      Fields fields, Problems problems, String path, JsonNode value) {
    JsonNode encoded = value.get("base64");
    if (encoded == null || !encoded.isString()) {
      return fields.string(value, "files", path).map(text -> text.getBytes(StandardCharsets.UTF_8));
    }
    try {
      return Optional.of(Base64.getDecoder().decode(encoded.asString()));
    } catch (IllegalArgumentException e) {
      problems.value("base64 is not valid", "files", path);
      return Optional.empty();
    }
  }

  private static Optional<String> remember(Fields fields, Problems problems) {
    Optional<String> text = fields.text("remember");
    if (text.isPresent() && !Memories.valid(text.get())) {
      problems.value("A memory has 1 to 4,000 characters", "remember");
    }
    return text;
  }

  private static Optional<JsonNode> agents(Fields fields, Problems problems) {
    ObjectNode agents = Json.object();
    fields
        .members("extra_agents")
        .forEach((name, agent) ->
            fields.dictionary(agent, "extra_agents", name).ifPresent(a -> agents.set(name, a)));
    refuseNames(agents.propertyNames(), "agent", "extra_agents", problems);
    return agents.isEmpty() ? Optional.empty() : Optional.of(agents);
  }

  private static Map<String, String> skills(Fields fields, Problems problems) {
    Map<String, String> skills = new LinkedHashMap<>();
    fields
        .members("extra_skills")
        .forEach((name, text) ->
            fields.string(text, "extra_skills", name).ifPresent(t -> skills.put(name, t)));
    refuseNames(skills.keySet(), "skill", "extra_skills", problems);
    return skills;
  }

  private static void refuseNames(
      Iterable<String> names, String kind, String field, Problems problems) {
    for (String name : names) {
      if (!Names.valid(name)) {
        problems.value(Names.refusal(kind, name), field);
        return;
      }
    }
  }
}
