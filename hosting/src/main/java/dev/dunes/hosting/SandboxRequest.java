package dev.dunes.hosting;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a sandbox shall be. Made by {@link #of(String)} and the methods that change one thing. */
public final class SandboxRequest {
  private static final int MOST_ENTRIES = 1000;
  private static final int MOST_CHARACTERS = 128 << 10;
  private static final int LAST_PORT = 65535;

  /** Where this server itself answers. E2B wire 2.6. */
  private static final int OWN_PORT = 49983;

  private final String template;
  private Optional<Duration> timeout = Optional.empty();
  private Map<String, String> metadata = Map.of();
  private Map<String, String> envs = Map.of();
  private boolean pauseAtEnd;
  private boolean pauseMemory = true;
  private boolean autoResume;
  private boolean secure;
  private Optional<Duration> idle = Optional.empty();
  private Optional<EgressRules> egress = Optional.empty();
  private boolean privateTraffic;
  private Optional<String> maskHost = Optional.empty();
  private List<Integer> httpsPorts = List.of();
  private Map<String, String> volumes = Map.of();
  private Optional<String> asked = Optional.empty();

  private SandboxRequest(String template) {
    this.template = requireNonNull(template, "template");
  }

  private SandboxRequest(SandboxRequest other) {
    this(other.template);
    timeout = other.timeout;
    metadata = other.metadata;
    envs = other.envs;
    pauseAtEnd = other.pauseAtEnd;
    pauseMemory = other.pauseMemory;
    autoResume = other.autoResume;
    secure = other.secure;
    idle = other.idle;
    egress = other.egress;
    privateTraffic = other.privateTraffic;
    maskHost = other.maskHost;
    httpsPorts = other.httpsPorts;
    volumes = other.volumes;
    asked = other.asked;
  }

  /** One of this template, with its defaults. */
  public static SandboxRequest of(String template) {
    return new SandboxRequest(template);
  }

  /** How long it lives; else as its template says. */
  public SandboxRequest timeout(Duration value) {
    SandboxRequest changed = new SandboxRequest(this);
    changed.timeout = Optional.of(value);
    return changed;
  }

  /** What the client wants to know about it later. */
  public SandboxRequest metadata(Map<String, String> value) {
    check("metadata", value);
    SandboxRequest changed = new SandboxRequest(this);
    changed.metadata = new LinkedHashMap<>(value);
    return changed;
  }

  /** Variables of every process in it. */
  public SandboxRequest envs(Map<String, String> value) {
    check("envVars", value);
    value.forEach((name, text) -> {
      if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
        throw HostingException.invalid(
            "envVars: '%s' is no name of a variable; use letters, digits and _".formatted(name));
      }
      if (text.indexOf('\0') >= 0) {
        throw HostingException.invalid("envVars.%s: NUL characters cannot be".formatted(name));
      }
    });
    SandboxRequest changed = new SandboxRequest(this);
    changed.envs = new LinkedHashMap<>(value);
    return changed;
  }

  /**
   * What happens when its time is over.
   *
   * @param pause whether it is paused instead of ended
   * @param memory whether its processes are kept then
   */
  public SandboxRequest atEnd(boolean pause, boolean memory) {
    SandboxRequest changed = new SandboxRequest(this);
    changed.pauseAtEnd = pause;
    changed.pauseMemory = memory;
    return changed;
  }

  /** Whether the next request wakes it when it is paused. */
  public SandboxRequest autoResume(boolean value) {
    SandboxRequest changed = new SandboxRequest(this);
    changed.autoResume = value;
    return changed;
  }

  /** Whether it gets a token for direct access to it. */
  public SandboxRequest secure(boolean value) {
    SandboxRequest changed = new SandboxRequest(this);
    changed.secure = value;
    return changed;
  }

  /**
   * After how long without a request it is suspended, which the next request ends; zero for never.
   */
  public SandboxRequest idle(Duration value) {
    if (value.isNegative()) {
      throw HostingException.invalid("an idle timeout cannot be negative");
    }
    SandboxRequest changed = new SandboxRequest(this);
    changed.idle = Optional.of(value);
    return changed;
  }

  /**
   * What it may reach, whatever the provider's default is; the default unless said. Refused where
   * it cannot be granted.
   */
  public SandboxRequest egress(EgressRules value) {
    SandboxRequest changed = new SandboxRequest(this);
    changed.egress = Optional.of(value);
    return changed;
  }

  /** Whether its ports can be reached with a token of their own only. */
  public SandboxRequest privateTraffic(boolean value) {
    SandboxRequest changed = new SandboxRequest(this);
    changed.privateTraffic = value;
    return changed;
  }

  /** What programs in it see as the name of the host; {@code ${PORT}} in it is the port. */
  public SandboxRequest maskHost(String value) {
    SandboxRequest changed = new SandboxRequest(this);
    changed.maskHost = Optional.of(value);
    return changed;
  }

  /**
   * The ports where programs in it speak TLS, whose certificates nobody checks. E2B wire 2.3.
   *
   * @throws HostingException for what is no port of a program
   */
  public SandboxRequest httpsPorts(List<Integer> ports) {
    for (int port : ports) {
      if (port < 1 || port > LAST_PORT || port == OWN_PORT) {
        throw HostingException.invalid(
            "httpsPorts: %d is no port of a program; they are 1 to %d, without %d"
                .formatted(port, LAST_PORT, OWN_PORT));
      }
    }
    SandboxRequest changed = new SandboxRequest(this);
    changed.httpsPorts = ports.stream().distinct().toList();
    return changed;
  }

  /** The volumes it has: their names, by the paths where they are in it. */
  public SandboxRequest volumes(Map<String, String> namesByPath) {
    SandboxRequest changed = new SandboxRequest(this);
    changed.volumes = new LinkedHashMap<>(namesByPath);
    return changed;
  }

  /** How this request is named, which may come again; see {@link AnswerBook#name}. */
  public SandboxRequest asked(String name) {
    SandboxRequest changed = new SandboxRequest(this);
    changed.asked = Optional.of(name);
    return changed;
  }

  Optional<String> asked() {
    return asked;
  }

  Map<String, String> volumes() {
    return volumes;
  }

  String template() {
    return template;
  }

  Optional<Duration> timeout() {
    return timeout;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  Map<String, String> envs() {
    return envs;
  }

  boolean pauseAtEnd() {
    return pauseAtEnd;
  }

  boolean pauseMemory() {
    return pauseMemory;
  }

  boolean autoResume() {
    return autoResume;
  }

  boolean secure() {
    return secure;
  }

  Optional<Duration> idle() {
    return idle;
  }

  Optional<EgressRules> egress() {
    return egress;
  }

  boolean privateTraffic() {
    return privateTraffic;
  }

  Optional<String> maskHost() {
    return maskHost;
  }

  List<Integer> httpsPorts() {
    return httpsPorts;
  }

  private static void check(String field, Map<String, String> values) {
    long characters =
        values.entrySet().stream()
            .mapToLong(e -> e.getKey().length() + e.getValue().length())
            .sum();
    if (values.size() > MOST_ENTRIES || characters > MOST_CHARACTERS) {
      throw HostingException.invalid(
          "%s: at most %d entries of %d characters in all"
              .formatted(field, MOST_ENTRIES, MOST_CHARACTERS));
    }
  }
}
