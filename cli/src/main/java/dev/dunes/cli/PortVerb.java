package dev.dunes.cli;

import dev.dunes.sandbox.Sandbox;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code ds port}: a port of a sandbox as a port of this machine, or where it is found. */
@CommandLine.Command(
    description = {
      "Listens on this machine's loopback and carries every connection to a port of a sandbox,",
      "whatever is spoken there, until it is told to end or the sandbox ends.",
      "A sandbox that a provider here knows is reached directly; else the server is asked.",
      "With --url, prints where a browser finds the port of a server's sandbox. When the sandbox",
      "was made with \"allowPublicTraffic\": false, the address is signed and good for a while.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds port SANDBOX 3000                   # http://127.0.0.1:3000 is its port 3000",
      "  ds port SANDBOX 5432 --local 15432",
      "  ds port i0123456789abcdefghij 3000 -e http://10.0.0.5:2468",
      "  ds port i0123456789abcdefghij 3000 --url --for 600"
    })
final class PortVerb implements Verb {
  private static final int MOST_PORT = 65_535;

  private final Console console;

  @Parameters(index = "0", paramLabel = "SANDBOX", description = "Its id.")
  private String sandbox = "";

  @Parameters(index = "1", paramLabel = "PORT", description = "The port in the sandbox.")
  private int port;

  @Option(
      names = "--local",
      paramLabel = "N",
      description = "The port of this machine (default: the same number); 0 for any that is free.")
  private Optional<Integer> local = Optional.empty();

  @Option(
      names = {"-p", "--provider"},
      paramLabel = "NAME",
      description = "The sandbox is one of this provider, not of a server.")
  private Optional<String> provider = Optional.empty();

  @Option(names = "--url", description = "Print an address for browsers; carry nothing.")
  private boolean url;

  @Option(
      names = "--for",
      paramLabel = "SECONDS",
      description = "With --url: how long a signed address is good (default: 3600).")
  private Optional<Long> seconds = Optional.empty();

  @Option(names = "--json", description = "Print what was opened as one JSON object.")
  private boolean json;

  @Mixin private ApiTarget target = new ApiTarget();

  PortVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    check();
    if (url) {
      return address();
    }
    if (!target.named()) {
      Optional<Sandbox> here =
          provider.isPresent()
              ? Optional.of(new Places(console).sandbox(provider, sandbox))
              : new Places(console).anywhere(sandbox);
      if (here.isPresent()) {
        try (Hold hold = new Hold(console, here.get());
            PortWay way = new SandboxPortWay(hold.sandbox(), port)) {
          return forward(way);
        }
      }
    }
    try (PortWay way = new ServerPortWay(target.open(console), sandbox, port)) {
      return forward(way);
    }
  }

  private void check() {
    if (port < 1 || port > MOST_PORT) {
      throw Failure.usage(
          "PORT: '%d' cannot be used; use a number from 1 to %d".formatted(port, MOST_PORT), "");
    }
    if (local.filter(n -> n < 0 || n > MOST_PORT).isPresent()) {
      throw Failure.usage(
          "--local: '%d' cannot be used; use a number from 0 to %d"
              .formatted(local.get(), MOST_PORT),
          "");
    }
    if (provider.isPresent() && (url || target.named())) {
      throw Failure.usage(
          "--provider is for sandboxes of this machine's providers, not for those of a server",
          "leave out --provider, or --endpoint and --url");
    }
    if (!url && seconds.isPresent()) {
      throw Failure.usage("--for goes with --url", "add --url, or leave --for out");
    }
    if (url && local.isPresent()) {
      throw Failure.usage("--local and --url do not go together", "leave one of them out");
    }
  }

  private int forward(PortWay way) {
    boolean listens = way.listening();
    try (PortListener listener = PortListener.open(console, way, local.orElse(port))) {
      if (json) {
        ObjectNode opened = JsonMapper.shared().createObjectNode();
        opened.put("address", listener.address()).put("sandbox", sandbox).put("port", port);
        console.print(opened + "\n");
      } else {
        console.print(
            "%s is port %d of %s\n".formatted(listener.address(), port, Printable.line(sandbox)));
      }
      if (!listens) {
        console.complain("nothing listens there yet");
      }
      throw new Failure(
          ExitCodes.ERROR, listener.awaitEnd(), "`ds list` shows what there is on this machine");
    }
  }

  private int address() {
    ApiClient client = target.open(console);
    try (TemplateServer server = new TemplateServer(client)) {
      ObjectNode body = TemplateServer.object();
      seconds.ifPresent(value -> body.put("expiresIn", value));
      JsonNode answer =
          server.post(
              "sandboxes/%s/ports/%d/preview".formatted(ApiClient.segment(sandbox), port), body);
      console.print(PrettyJson.of(answer) + "\n");
      return ExitCodes.OK;
    }
  }
}
