package dev.dunes.cli;

import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code ds port}: where a port of a sandbox is found. */
@CommandLine.Command(
    description = {
      "Prints where a browser finds a port of a server's sandbox. When the sandbox was made with",
      "\"allowPublicTraffic\": false, the address is signed and good for a while.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds port i0123456789abcdefghij 3000",
      "  ds port i0123456789abcdefghij 3000 --for 600"
    })
final class PortVerb extends ApiCall {
  @Parameters(index = "0", paramLabel = "SANDBOX", description = "Its id.")
  private String sandbox = "";

  @Parameters(index = "1", paramLabel = "PORT", description = "The port in the sandbox.")
  private int port;

  @Option(
      names = "--for",
      paramLabel = "SECONDS",
      description = "How long a signed address is good (default: 3600).")
  private Optional<Long> seconds = Optional.empty();

  @Mixin
  @SuppressWarnings("UnusedVariable") // picocli reads its options
  private ApiTarget target;

  PortVerb(Console console) {
    this(console, new ApiTarget());
  }

  private PortVerb(Console console, ApiTarget target) {
    super(console, target);
    this.target = target;
  }

  @Override
  String operation() {
    return "POST sandboxes/%s/ports/%d/preview".formatted(ApiClient.segment(sandbox), port);
  }

  @Override
  Optional<JsonNode> body() {
    ObjectNode body = object();
    seconds.ifPresent(value -> body.put("expiresIn", value));
    return Optional.of(body);
  }
}
