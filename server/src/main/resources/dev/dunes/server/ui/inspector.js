// The inspector. What comes from a server is only ever put in as text, never as HTML. The token is
// kept in this page alone: not in the address, not in storage; it goes in a header, never in a URL.

const $ = (id) => document.getElementById(id);
const MOST_EVENTS = 2000;
const MOST_REQUESTS = 200;

let token = "";
let current = null; // {id, stop, items, asks, last}
let sessions = [];

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// --- requests -------------------------------------------------------------------------------

function log(method, path, body, status) {
  const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";
  let curl = `curl -X ${method} ${quoted(location.origin + path)}`;
  if (token) curl += " -H 'authorization: Bearer ***'";
  if (body !== undefined) curl += ` -H 'content-type: application/json' -d ${quoted(body)}`;
  $("requests").prepend(make("details", {}, make("summary", { textContent: `${status} ${method} ${path}` }), make("pre", { textContent: curl })));
  while ($("requests").childElementCount > MOST_REQUESTS) $("requests").lastChild.remove();
}

function headers(more) {
  return token ? { ...more, authorization: "Bearer " + token } : more;
}

async function ask(method, path, content) {
  const body = content === undefined ? undefined : JSON.stringify(content);
  const response = await fetch(path, {
    method,
    body,
    headers: headers(body === undefined ? {} : { "content-type": "application/json" }),
  });
  if (method !== "GET" || !path.endsWith("/sessions")) log(method, path, body, response.status);
  const text = await response.text();
  const json = text && (response.headers.get("content-type") ?? "").includes("json") ? JSON.parse(text) : null;
  if (!response.ok) throw new Error(json?.detail ?? `${method} ${path}: ${response.status}`);
  return json;
}

const sessionPath = (id) => "/v1/sessions/" + encodeURIComponent(id);

function trouble(error) {
  $("trouble").textContent = error ? String(error.message ?? error) : "";
}

const trying = (action) => async (...args) => {
  try {
    trouble(null);
    await action(...args);
  } catch (error) {
    trouble(error);
  }
};

// --- connecting -----------------------------------------------------------------------------

async function connect() {
  $("refusal").textContent = "";
  try {
    const { agents } = await ask("GET", "/v1/agents");
    showAgents(agents);
    $("connect").hidden = true;
    $("inspector").hidden = false;
    $("token").value = "";
    refresh();
  } catch (error) {
    $("connect").hidden = false;
    $("inspector").hidden = true;
    $("refusal").textContent = error.message;
  }
}

function disconnect() {
  token = "";
  close();
  $("sessions").replaceChildren();
  $("requests").replaceChildren();
  $("inspector").hidden = true;
  $("connect").hidden = false;
}

function showAgents(agents) {
  $("agent").replaceChildren(...agents.map((agent) => make("option", { value: agent.id, textContent: agent.id })));
  $("agents").replaceChildren(...agents.map(agentCard));
  const choose = () => {
    const agent = agents.find((each) => each.id === $("agent").value);
    $("permission").replaceChildren(
      ...(agent?.permissionModes ?? ["default"]).map((mode) => make("option", { value: mode, textContent: mode })),
    );
  };
  $("agent").onchange = choose;
  if (agents.some((agent) => agent.id === "mock")) $("agent").value = "mock";
  choose();
}

function agentCard(agent) {
  const flags = Object.entries(agent.capabilities).filter(([, on]) => on).map(([name]) => name);
  const install = make("button", { type: "button", textContent: agent.installed ? "Install again" : "Install" });
  install.onclick = trying(async () => {
    install.disabled = true;
    try {
      await ask("POST", `/v1/agents/${encodeURIComponent(agent.id)}/install`, { reinstall: agent.installed });
    } finally {
      install.disabled = false;
    }
    showAgents((await ask("GET", "/v1/agents")).agents);
  });
  const modes = make("pre");
  const more = make("details", {}, make("summary", { textContent: `${agent.id} ${agent.version ?? "(not installed)"}` }), make("pre", { textContent: [agent.path, agent.unavailable, flags.join(" ")].filter(Boolean).join("\n") }), modes, install);
  more.ontoggle = trying(async () => {
    if (!more.open || modes.textContent) return;
    const answer = await ask("GET", `/v1/agents/${encodeURIComponent(agent.id)}/modes`);
    modes.textContent = answer.modes.map((mode) => `${mode.id}: ${mode.description}`).join("\n");
  });
  return more;
}

// --- the list -------------------------------------------------------------------------------

async function refresh() {
  if ($("inspector").hidden) return;
  try {
    sessions = (await ask("GET", "/v1/sessions")).sessions;
    showSessions();
  } catch (error) {
    trouble(error);
  }
  setTimeout(refresh, 2000);
}

function showSessions() {
  $("sessions").replaceChildren(
    ...sessions.map((session) => {
      const button = make("button", { type: "button" }, session.title || session.sessionId, make("small", { textContent: `${session.agent} · ${session.eventCount} events${session.ended ? " · ended" : ""}` }));
      button.setAttribute("aria-current", String(session.sessionId === current?.id));
      button.onclick = () => open(session.sessionId);
      return make("li", {}, button);
    }),
  );
  const ended = sessions.find((session) => session.sessionId === current?.id)?.ended ?? false;
  if (current) $("end").disabled = $("interrupt").disabled = ended;
}

const create = trying(async () => {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const random = crypto.getRandomValues(new Uint8Array(8));
  const id = "session-" + Array.from(random, (byte) => letters[byte % 36]).join("");
  const body = { agent: $("agent").value, permissionMode: $("permission").value };
  if ($("mode").value) body.agentMode = $("mode").value;
  if ($("model").value) body.model = $("model").value;
  if ($("variant").value) body.variant = $("variant").value;
  await ask("POST", sessionPath(id), body);
  open(id);
});

// --- one session ----------------------------------------------------------------------------

function close() {
  current?.stop.abort();
  current = null;
  $("chat").replaceChildren();
  $("events").replaceChildren();
  $("message").disabled = $("end").disabled = $("interrupt").disabled = true;
  $("title").textContent = "No session";
}

function open(id) {
  close();
  trouble(null);
  current = { id, stop: new AbortController(), items: new Map(), asks: new Map(), last: 0 };
  $("title").textContent = id;
  $("message").disabled = $("end").disabled = $("interrupt").disabled = false;
  $("message").focus();
  showSessions();
  follow(current);
}

/** Follows events for as long as the session is looked at; a broken stream is begun again. */
async function follow(session) {
  while (session === current) {
    try {
      await stream(session);
    } catch (error) {
      if (session.stop.signal.aborted) return;
      trouble(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function stream(session) {
  const response = await fetch(`${sessionPath(session.id)}/events/sse?offset=${session.last}`, {
    headers: headers({ accept: "text/event-stream" }),
    signal: session.stop.signal,
  });
  if (!response.ok) throw new Error("events: " + response.status);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop();
    for (const frame of frames) {
      const line = frame.split("\n").find((each) => each.startsWith("data: "));
      if (line && session === current) take(session, JSON.parse(line.slice(6)));
    }
  }
}

function take(session, event) {
  if (event.sequence <= session.last) return;
  session.last = event.sequence;
  const marks = `${event.sequence} ${event.type} ${event.source}${event.synthetic ? " synthetic" : ""}`;
  $("events").prepend(make("details", {}, make("summary", { textContent: marks }), make("pre", { textContent: JSON.stringify(event, null, 1) })));
  if ($("events").childElementCount > MOST_EVENTS) $("events").lastChild.remove();
  const atEnd = $("chat").scrollHeight - $("chat").scrollTop - $("chat").clientHeight < 40;
  show(session, event.type, event.data);
  if (atEnd) $("chat").scrollTop = $("chat").scrollHeight;
}

function show(session, type, data) {
  if (type === "item.started" || type === "item.completed") {
    const box = itemBox(session, data.item.item_id);
    const item = data.item;
    box.className = `item ${item.role ?? ""} ${item.kind} ${item.status}`;
    const head = make("small", { textContent: [item.role, item.kind === "message" ? "" : item.kind, item.status === "completed" ? "" : item.status].filter(Boolean).join(" · ") });
    box.replaceChildren(head, ...item.content.map(part));
  } else if (type === "item.delta") {
    const box = itemBox(session, data.item_id);
    let text = box.querySelector(".part.delta");
    if (!text) {
      // What was there at the start is repeated by the pieces.
      box.querySelectorAll(".part").forEach((each) => each.remove());
      text = make("div", { className: "part delta" });
      box.append(text);
    }
    text.append(data.delta);
  } else if (type === "permission.requested" || type === "question.requested") {
    asked(session, type, data);
  } else if (type === "permission.resolved" || type === "question.resolved") {
    const box = session.asks.get(data.permission_id ?? data.question_id);
    box?.querySelectorAll("button, input").forEach((each) => each.remove());
    box?.append(make("small", { textContent: data.status + (data.response ? ": " + data.response : "") }));
  } else if (type === "error" || type === "agent.unparsed") {
    marker(data.message ?? data.error, true);
  } else {
    marker(type + (data.reason ? `: ${data.reason} by ${data.terminated_by}` : ""), false);
  }
}

function marker(text, bad) {
  $("chat").append(make("div", { className: bad ? "marker bad" : "marker", textContent: text }));
}

function itemBox(session, id) {
  if (!session.items.has(id)) {
    const box = make("div", { className: "item" });
    session.items.set(id, box);
    $("chat").append(box);
  }
  return session.items.get(id);
}

function part(content) {
  const text = (className, words) => make("div", { className: "part " + className, textContent: words });
  switch (content.type) {
    case "text":
      return text("text", content.text);
    case "reasoning":
      return content.visibility === "private"
        ? make("details", {}, make("summary", { textContent: "private reasoning" }), text("reasoning", content.text))
        : text("reasoning", content.text);
    case "tool_call":
      return make("pre", { textContent: `${content.name} ${content.arguments}` });
    case "tool_result":
      return make("pre", { textContent: content.output });
    case "file_ref":
      return make("pre", { textContent: `${content.action} ${content.path}${content.diff ? "\n" + content.diff : ""}` });
    case "status":
      return text("status", content.label + (content.detail ? ": " + content.detail : ""));
    case "image":
      return text("image", `image ${content.path}`);
    default:
      return make("pre", { textContent: JSON.stringify(content.json ?? content, null, 1) });
  }
}

function asked(session, type, data) {
  const permission = type === "permission.requested";
  const id = permission ? data.permission_id : data.question_id;
  const words = permission ? `${data.action} ${data.metadata ? JSON.stringify(data.metadata) : ""}` : data.prompt;
  const box = make("div", { className: "item ask" }, make("div", { className: "part", textContent: words }));
  const path = `${sessionPath(session.id)}/${permission ? "permissions" : "questions"}/${encodeURIComponent(id)}`;
  const button = (label, action, body) => {
    const one = make("button", { type: "button", textContent: label });
    one.onclick = trying(() => ask("POST", path + action, typeof body === "function" ? body() : body));
    box.append(one);
  };
  if (permission) {
    for (const reply of ["once", "always", "reject"]) button(reply, "/reply", { reply });
  } else {
    for (const option of data.options) button(option, "/reply", { answers: [[option]] });
    const own = make("input", { placeholder: "another answer" });
    box.append(own);
    button("Answer", "/reply", () => ({ answers: [[own.value]] }));
    button("Do not answer", "/reject");
  }
  session.asks.set(id, box);
  $("chat").append(box);
}

const send = trying(async () => {
  const message = $("message").value;
  if (!message.trim() || !current) return;
  await ask("POST", sessionPath(current.id) + "/messages", { message });
  $("message").value = "";
});

// --- the page -------------------------------------------------------------------------------

$("connect").onsubmit = (event) => {
  event.preventDefault();
  token = $("token").value;
  connect();
};
$("disconnect").onclick = disconnect;
$("create").onclick = create;
$("options").onsubmit = (event) => event.preventDefault();
$("end").onclick = trying(() => ask("POST", sessionPath(current.id) + "/terminate"));
$("interrupt").onclick = trying(() => ask("POST", sessionPath(current.id) + "/interrupt"));
$("message").onkeydown = (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
};
$("clear").onclick = () => ["events", "requests"].forEach((id) => $(id).replaceChildren());
document.querySelectorAll("[data-tab]").forEach((tab) => {
  tab.onclick = () => ["events", "requests", "agents"].forEach((id) => ($(id).hidden = id !== tab.dataset.tab));
});

$("server").value = location.origin;
const given = new URLSearchParams(location.search);
if (given.has("token")) {
  token = given.get("token");
}
const elsewhere = given.get("url") && new URL(given.get("url"), location.href).origin !== location.origin;
// Neither a reload nor a copy of the address gives the token away.
history.replaceState(null, "", location.pathname);
if (elsewhere) {
  token = "";
  $("connect").hidden = false;
  $("refusal").textContent = "This page speaks to its own server only: open /ui of the other one.";
} else {
  connect();
}
