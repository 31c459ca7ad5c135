package dev.dunes.server.e2b.envd;

import dev.dunes.hosting.HostedProcess;
import dev.dunes.sandbox.Channel;
import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import dev.dunes.server.http.Exchange;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many bytes a client has already: {@code Dunes-Replay-From: 1024}, of standard output and
 * error each, or {@code 1024,0} for one and the other. E2B wire 4, 3.
 *
 * @param stdout of standard output, or of the terminal
 * @param stderr of standard error
 */
record ReplayFrom(long stdout, long stderr) {
  private static final String HEADER = "dunes-replay-from";
  private static final Pattern OFFSETS = Pattern.compile("(\\d{1,18})(?:\\s*,\\s*(\\d{1,18}))?");

  static Optional<ReplayFrom> of(Exchange exchange) {
    Optional<String> given = exchange.header(HEADER);
    if (given.isEmpty()) {
      return Optional.empty();
    }
    Matcher offsets = OFFSETS.matcher(given.get().strip());
    if (!offsets.matches()) {
      throw new ConnectException(
          ConnectCode.INVALID_ARGUMENT,
          "Dunes-Replay-From must be a number of bytes, or two: stdout,stderr");
    }
    long stdout = Long.parseLong(offsets.group(1));
    long stderr = offsets.group(2) == null ? stdout : Long.parseLong(offsets.group(2));
    return Optional.of(new ReplayFrom(stdout, stderr));
  }

  /** Where what is sent really begins: later when so much is not kept. */
  String start(HostedProcess process) {
    return "%d,%d"
        .formatted(
            Math.max(stdout, process.outputStart(Channel.STDOUT)),
            Math.max(stderr, process.outputStart(Channel.STDERR)));
  }
}
