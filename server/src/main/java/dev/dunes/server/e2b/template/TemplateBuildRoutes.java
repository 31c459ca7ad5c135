package dev.dunes.server.e2b.template;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.BuildLog;
import dev.dunes.hosting.BuiltTemplate;
import dev.dunes.hosting.Copies;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.HostingException;
import dev.dunes.hosting.Template;
import dev.dunes.hosting.TemplateBuild;
import dev.dunes.hosting.TemplateBuilds;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.CodeDialect;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.Query;
import dev.dunes.server.hosted.TemplateJson;
import dev.dunes.server.http.BodyTooLargeException;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Building templates, their tags, and the files builds copy. E2B wire 2.4. */
public final class TemplateBuildRoutes {
  private static final long MOST_PLAN = 16L << 20;
  private static final int MOST_LINES = 100;
  private static final String UPLOADS = "/templates/uploads/";

  private final Hosting hosting;
  private final TemplateBuilds builds;
  private final Copies copies;

  public TemplateBuildRoutes(Hosting hosting) {
    this.copies = hosting.copies();
    this.hosting = hosting;
    this.builds = hosting.builds();
  }

  /** What is answered here. Before other routes of templates: the word {@code tags} is no id. */
  public List<Route> routes(Gate gate) {
    return List.of(
        gate.route("POST", "/v3/templates", this::request),
        gate.route("GET", "/v2/templates", this::list),
        gate.route("POST", "/templates/tags", this::assign),
        gate.route("DELETE", "/templates/tags", this::unassign),
        gate.route("GET", "/templates/aliases/{alias...}", this::alias),
        gate.route("DELETE", "/templates/{id...}", this::delete),
        gate.route("PATCH", "/templates/{id...}", this::change),
        gate.route("PATCH", "/v2/templates/{id...}", this::change),
        gate.route("GET", "/templates/{id}/files/{hash}", this::files),
        gate.route("GET", "/templates/{id}/tags", this::tags),
        gate.route("POST", "/v2/templates/{id}/builds/{build}", this::start),
        gate.route("GET", "/templates/{id}/builds/{build}/status", this::status),
        gate.route("GET", "/templates/{id}/builds/{build}/logs", this::logs),
        // Whoever has the link was given it by its account: it is asked for no key.
        Route.open("PUT", UPLOADS + "{token}", this::upload));
  }

  private Reply request(Exchange exchange, Account account) throws InterruptedException {
    Body body = Body.of(exchange);
    TemplateBuilds.Requested requested =
        builds.request(
            account,
            body.required("name"),
            body.texts("tags").orElse(List.of()),
            number(body.whole("cpuCount")),
            number(body.whole("memoryMB")));
    BuiltTemplate template = requested.template();
    ObjectNode json =
        Json.object()
            .put("templateID", template.id())
            .put("buildID", requested.build())
            .put("public", false);
    TemplateJson.names(json, template);
    ArrayNode tags = json.putArray("tags");
    requested.tags().forEach(tags::add);
    return Reply.json(202, json);
  }

  private static Optional<Integer> number(OptionalLong given) {
    return given.isPresent()
        ? Optional.of((int) Math.min(given.getAsLong(), Integer.MAX_VALUE))
        : Optional.empty();
  }

  private Reply list(Exchange exchange, Account account) {
    int limit = (int) Query.number(exchange, "limit", MOST_LINES, 1, MOST_LINES);
    int from = (int) Query.number(exchange, "nextToken", 0, 0, Integer.MAX_VALUE);
    List<BuiltTemplate> all = builds.list(account);
    ArrayNode rows = Json.MAPPER.createArrayNode();
    all.stream().skip(from).limit(limit).map(TemplateJson::row).forEach(rows::add);
    Reply reply = Reply.json(200, rows);
    return from + rows.size() < all.size()
        ? reply.with("x-next-token", Integer.toString(from + rows.size()))
        : reply;
  }

  private Reply alias(Exchange exchange, Account account) {
    String alias = exchange.parameter("alias");
    Optional<BuiltTemplate> built = builds.find(account, alias);
    Optional<String> id =
        built.map(BuiltTemplate::id).or(() -> hosting.templates().find(alias).map(Template::id));
    return Reply.json(
        200,
        Json.object()
            .put("templateID", id.orElseThrow(() -> unknown(alias)))
            .put("public", built.isEmpty()));
  }

  private Reply delete(Exchange exchange, Account account) {
    String id = exchange.parameter("id");
    // Clients delete snapshots in the same way.
    if (!builds.delete(account, id) && !copies.delete(account, id)) {
      throw unknown(id);
    }
    return Reply.empty(204);
  }

  private Reply change(Exchange exchange, Account account) throws InterruptedException {
    BuiltTemplate template = builds.get(account, exchange.parameter("id"));
    if (Body.of(exchange).flag("public", false)) {
      throw Failures.invalid("a template is its account's; it cannot be shown to others here");
    }
    ObjectNode json = Json.object();
    TemplateJson.names(json, template);
    return Reply.json(200, json);
  }

  private static RuntimeException unknown(String name) {
    return Failures.notFound("template '%s' was not found".formatted(name));
  }

  // ---- builds ----

  private Reply start(Exchange exchange, Account account) throws InterruptedException {
    builds.start(
        account,
        exchange.parameter("id"),
        exchange.parameter("build"),
        PlanBody.read(exchange.body(MOST_PLAN)));
    return Reply.empty(202);
  }

  private TemplateBuild build(Exchange exchange, Account account) {
    String id = exchange.parameter("build");
    return builds
        .get(account, exchange.parameter("id"))
        .build(id)
        .orElseThrow(() -> Failures.notFound("build '%s' was not found".formatted(id)));
  }

  private List<BuildLog.Line> lines(Exchange exchange, Account account, String offset) {
    BuildLog.Level least = BuildLog.Level.DEBUG;
    Optional<String> level = exchange.query("level").filter(text -> !text.isEmpty());
    if (level.isPresent()) {
      try {
        least = BuildLog.Level.valueOf(level.get().toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw Failures.invalid("level must be debug, info, warn or error");
      }
    }
    return builds
        .log(account, exchange.parameter("id"), exchange.parameter("build"))
        .lines(
            least,
            (int) Query.number(exchange, offset, 0, 0, Integer.MAX_VALUE),
            (int) Query.number(exchange, "limit", MOST_LINES, 1, MOST_LINES));
  }

  private Reply status(Exchange exchange, Account account) {
    // Before the lines: a client that sees the end of a build sees all of them.
    TemplateBuild build = build(exchange, account);
    List<BuildLog.Line> lines = lines(exchange, account, "logsOffset");
    ObjectNode json =
        Json.object()
            .put("templateID", builds.get(account, exchange.parameter("id")).id())
            .put("buildID", build.id())
            .put("status", TemplateJson.status(build));
    ArrayNode texts = json.putArray("logs");
    ArrayNode entries = json.putArray("logEntries");
    lines.forEach(line -> {
      texts.add(line.message() + "\n");
      entries.add(TemplateJson.line(line));
    });
    build
        .reason()
        .ifPresent(reason ->
            json.putObject("reason")
                .put("message", reason.message())
                .put("step", reason.step())
                .putArray("logEntries"));
    return Reply.json(200, json);
  }

  private Reply logs(Exchange exchange, Account account) {
    build(exchange, account);
    ObjectNode json = Json.object();
    ArrayNode entries = json.putArray("logs");
    lines(exchange, account, "cursor").forEach(line -> entries.add(TemplateJson.line(line)));
    return Reply.json(200, json);
  }

  // ---- files ----

  private Reply files(Exchange exchange, Account account) {
    builds.get(account, exchange.parameter("id"));
    String hash = exchange.parameter("hash");
    boolean present = builds.hasFiles(account, hash);
    String host = exchange.header("host").orElse("127.0.0.1");
    String scheme =
        exchange.header("x-forwarded-proto").orElse(exchange.secure() ? "https" : "http");
    return Reply.json(
        201,
        Json.object()
            .put("present", present)
            .put("url", scheme + "://" + host + UPLOADS + builds.inviteFiles(account, hash)));
  }

  private void upload(Exchange exchange) throws InterruptedException {
    String token = exchange.parameter("token");
    long most =
        builds
            .invited(token)
            .orElseThrow(
                () -> Failures.notFound("this link is not good any more; ask for another"));
    try (InputStream body = exchange.bodyStream(most)) {
      builds.keepFiles(token, body);
    } catch (BodyTooLargeException e) {
      exchange.send(CodeDialect.reply(413, "the archive is larger than uploads may be"));
      return;
    } catch (HostingException e) {
      exchange.send(Failures.of(e));
      return;
    } catch (IOException e) {
      exchange.send(CodeDialect.reply(503, "the archive could not be kept: " + e.getMessage()));
      return;
    }
    exchange.send(Reply.empty(201));
  }

  // ---- tags ----

  private Reply assign(Exchange exchange, Account account) throws InterruptedException {
    Body body = Body.of(exchange);
    List<String> tags = body.texts("tags").orElse(List.of());
    ObjectNode json =
        Json.object().put("buildID", builds.assign(account, body.required("target"), tags));
    ArrayNode all = json.putArray("tags");
    tags.forEach(all::add);
    return Reply.json(201, json);
  }

  private Reply unassign(Exchange exchange, Account account) throws InterruptedException {
    Body body = Body.of(exchange);
    builds.unassign(account, body.required("name"), body.texts("tags").orElse(List.of()));
    return Reply.empty(204);
  }

  private Reply tags(Exchange exchange, Account account) {
    ArrayNode rows = Json.MAPPER.createArrayNode();
    builds
        .get(account, exchange.parameter("id"))
        .tags()
        .forEach((tag, meant) ->
            rows.addObject()
                .put("tag", tag)
                .put("buildID", meant.build())
                .put("createdAt", TemplateJson.text(meant.createdAt())));
    return Reply.json(200, rows);
  }
}
