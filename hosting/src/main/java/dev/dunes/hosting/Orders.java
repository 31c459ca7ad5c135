package dev.dunes.hosting;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.sandbox.NetworkMode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** Makes an order of a request, or says why it cannot be had. */
final class Orders {
  private final Templates templates;
  private final Duration idle;
  private final BiFunction<Account, String, Optional<Template>> saved;
  private final Volumes volumes;

  /**
   * An order and what it is made from.
   *
   * @param order what is to be made
   * @param template of it
   */
  record Accepted(SandboxOrder order, Template template) {}

  /**
   * @param idle for requests that do not say it
   * @param saved what an account has saved under a name
   * @param volumes of all accounts
   */
  Orders(
      Templates templates,
      Duration idle,
      BiFunction<Account, String, Optional<Template>> saved,
      Volumes volumes) {
    this.saved = saved;
    this.volumes = volumes;
    this.templates = templates;
    this.idle = idle;
  }

  Accepted accept(Account account, SandboxRequest request) {
    Optional<Template> known = templates.find(request.template());
    Template template =
        known
            .or(() -> saved.apply(account, request.template()))
            .orElseThrow(() -> HostingException.invalid("unknown template: " + request.template()));
    Duration most = account.limits().lifetime();
    Duration usual = template.timeout().compareTo(most) > 0 ? most : template.timeout();
    Duration timeout = request.timeout().orElse(usual);
    checkTimeout(account, timeout);
    if (known.isPresent()) {
      requireAvailable(template, request.template());
    }
    return new Accepted(order(account, request, template, timeout), template);
  }

  private void requireAvailable(Template template, String name) {
    TemplateStatus status = templates.status(template);
    List<String> missing = templates.inTheWay(status, name);
    if (!missing.isEmpty()) {
      throw HostingException.invalid(
          "template '%s' is not available here, sandboxes lack: %s%s"
              .formatted(
                  template.id(),
                  String.join(", ", missing),
                  status.availableAs().stream()
                      .findFirst()
                      .map("; without them there is '%s'"::formatted)
                      .orElse("")));
    }
    status
        .problem()
        .ifPresent(problem -> {
          throw new HostingException(Reason.UNAVAILABLE, problem);
        });
  }

  private SandboxOrder order(
      Account account, SandboxRequest request, Template template, Duration timeout) {
    AccountLimits limits = account.limits();
    Map<String, String> envs = new LinkedHashMap<>(template.launch().envs());
    envs.putAll(request.envs());
    return new SandboxOrder(
        Tokens.id("i"),
        account.id(),
        template.id(),
        template.aliases().stream().findFirst(),
        request.metadata(),
        envs,
        timeout,
        request.pauseAtEnd(),
        request.pauseMemory(),
        request.autoResume(),
        request.idle().orElse(idle),
        request.secure() ? Optional.of(Tokens.hex(20)) : Optional.empty(),
        Math.min(template.cpuCores(), limits.cpuCores()),
        Math.min(template.memoryMb(), limits.memoryMb()),
        Math.min(template.diskMb(), limits.diskMb()),
        Instant.now().truncatedTo(ChronoUnit.MILLIS),
        template.launch().workingDir(),
        template.launch().user(),
        request.egress().map(rules -> NetworkMode.NONE),
        request.privateTraffic() ? Optional.of(Tokens.hex(20)) : Optional.empty(),
        request.maskHost(),
        Optional.of(request.httpsPorts()).filter(some -> !some.isEmpty()),
        Optional.of(volumes.find(account, request.volumes())).filter(some -> !some.isEmpty()),
        // One whose beginning was cut off is not what was asked for.
        Beginning.needed(template.launch()) ? Optional.empty() : request.asked());
  }

  static void checkTimeout(Account account, Duration timeout) {
    if (!timeout.isPositive()) {
      throw HostingException.invalid("Timeout must be greater than 0");
    }
    Duration most = account.limits().lifetime();
    if (timeout.compareTo(most) > 0) {
      double hours = most.toSeconds() / 3600.0;
      String said =
          hours == Math.rint(hours) ? Long.toString((long) hours) : "%.2f".formatted(hours);
      throw HostingException.invalid("Timeout cannot be greater than %s hours".formatted(said));
    }
  }
}
