package dev.dunes.guest;

import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.VolumeMount;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A {@link SandboxRecord} as {@link Properties}: text, any character in any value, and no library.
 * Files are written whole, so one that lacks a key is none of ours.
 */
final class RecordFormat {
  /** Between the port of a relay and its socket, whose path begins with a slash. */
  private static final String LASTING = ":lasting:";

  private static final String FORMAT = "format";
  private static final String VERSION = "1";

  private final Properties properties;

  private RecordFormat(Properties properties) {
    this.properties = properties;
  }

  static byte[] write(SandboxRecord record) {
    RecordFormat out = new RecordFormat(new Properties());
    out.put(FORMAT, VERSION);
    out.put("id", record.id());
    out.put("provider", record.provider());
    out.put("created", record.createdAt());
    out.put("state", record.state());
    out.put("deadline", record.deadline());
    out.put("owner", record.owner());
    out.put("guest", record.guest());
    out.map("metadata.", record.metadata());
    out.list("path.", record.paths());
    out.spec(record.spec());
    return out.text().getBytes(StandardCharsets.ISO_8859_1);
  }

  /**
   * What {@link Properties#store} would write, without the date it puts on top: telling the date
   * loads the time zones, 20 ms of a short program's life.
   */
  private String text() {
    StringBuilder text = new StringBuilder();
    properties.forEach((key, value) -> {
      escape(text, key.toString());
      text.append('=');
      escape(text, value.toString());
      text.append('\n');
    });
    return text.toString();
  }

  private static void escape(StringBuilder text, String value) {
    for (char c : value.toCharArray()) {
      if (c > ' ' && c < 0x7F && "\\=:#!".indexOf(c) < 0) {
        text.append(c);
      } else {
        text.append("\\u").append(HexFormat.of().toHexDigits(c));
      }
    }
  }

  private void spec(SandboxSpec spec) {
    put("spec.image", spec.image());
    put("spec.language", spec.language());
    spec.memoryMb().ifPresent(value -> put("spec.memoryMb", value));
    spec.cpuCores().ifPresent(value -> put("spec.cpuCores", value));
    spec.diskMb().ifPresent(value -> put("spec.diskMb", value));
    spec.maxProcesses().ifPresent(value -> put("spec.maxProcesses", value));
    put("spec.lifetime", spec.lifetime());
    map("spec.env.", spec.env());
    map("spec.label.", spec.labels());
    map("spec.providerConfig.", spec.providerConfig());
    list("spec.setup.", spec.setupCommands());
    put("spec.tolerateSetupFailure", spec.tolerateSetupFailure());
    put("spec.workingDir", spec.workingDir());
    put("spec.network", spec.network());
    list(
        "spec.relay.",
        spec.relays().stream()
            .map(relay -> relay.port() + (relay.lasting() ? LASTING : ":") + relay.socket())
            .toList());
    list("spec.mountSource.", spec.mounts().stream().map(HostMount::source).toList());
    list("spec.mountTarget.", spec.mounts().stream().map(HostMount::target).toList());
    list(
        "spec.volume.",
        spec.volumes().stream()
            .map(volume ->
                "%d:%s:%s".formatted(volume.sizeMb(), volume.target().length(), volume.target())
                    + volume.directory())
            .toList());
    put("spec.isolation", spec.isolation());
    put("spec.detached", spec.detached());
  }

  private void put(String key, Object value) {
    properties.setProperty(key, value.toString());
  }

  private void put(String key, Optional<?> value) {
    value.ifPresent(present -> put(key, present));
  }

  private void map(String prefix, Map<String, String> values) {
    values.forEach((key, value) -> put(prefix + key, value));
  }

  private void list(String prefix, List<?> values) {
    for (int i = 0; i < values.size(); i++) {
      put(prefix + i, values.get(i));
    }
  }

  /** Empty when these bytes are no complete record of this version. */
  static Optional<SandboxRecord> read(byte[] bytes) {
    Properties properties = new Properties();
    try {
      properties.load(new ByteArrayInputStream(bytes));
      return VERSION.equals(properties.getProperty(FORMAT))
          ? Optional.of(new RecordFormat(properties).record())
          : Optional.empty();
    } catch (IOException | IllegalArgumentException | DateTimeException | SandboxException e) {
      return Optional.empty();
    }
  }

  private SandboxRecord record() throws IOException {
    SandboxRecord record =
        new SandboxRecord(need("id"), need("provider"), readSpec(), Instant.parse(need("created")))
            .withState(SandboxState.valueOf(need("state")));
    Optional<Instant> deadline = get("deadline").map(Instant::parse);
    if (deadline.isPresent()) {
      record = record.withDeadline(deadline.get());
    }
    Optional<ProcessIdentity> owner = get("owner").flatMap(ProcessIdentity::parse);
    if (owner.isPresent()) {
      record = record.withOwner(owner.get());
    }
    Optional<ProcessIdentity> guest = get("guest").flatMap(ProcessIdentity::parse);
    if (guest.isPresent()) {
      record = record.withGuest(guest.get());
    }
    for (Map.Entry<String, String> each : map("metadata.").entrySet()) {
      record = record.withMetadata(each.getKey(), each.getValue());
    }
    for (String each : list("path.")) {
      record = record.withPath(Path.of(each));
    }
    return record;
  }

  private SandboxSpec readSpec() throws IOException {
    SandboxSpec.Builder spec = SandboxSpec.builder();
    ifGiven("spec.image", spec::image);
    ifGiven("spec.language", spec::language);
    ifGiven("spec.memoryMb", value -> spec.memoryMb(Integer.parseInt(value)));
    ifGiven("spec.cpuCores", value -> spec.cpuCores(Double.parseDouble(value)));
    ifGiven("spec.diskMb", value -> spec.diskMb(Integer.parseInt(value)));
    ifGiven("spec.maxProcesses", value -> spec.maxProcesses(Integer.parseInt(value)));
    spec.lifetime(Duration.parse(need("spec.lifetime")));
    spec.env(map("spec.env."));
    spec.labels(map("spec.label."));
    map("spec.providerConfig.").forEach(spec::providerConfig);
    spec.setupCommands(list("spec.setup."));
    spec.tolerateSetupFailure(Boolean.parseBoolean(need("spec.tolerateSetupFailure")));
    ifGiven("spec.workingDir", spec::workingDir);
    ifGiven("spec.network", value -> spec.network(NetworkMode.valueOf(value)));
    for (String each : list("spec.relay.")) {
      int colon = each.indexOf(':');
      boolean lasting = each.startsWith(LASTING, colon);
      spec.relay(
          new HostRelay(
              Integer.parseInt(each.substring(0, colon)),
              Path.of(each.substring(colon + (lasting ? LASTING.length() : 1))),
              lasting));
    }
    List<String> sources = list("spec.mountSource.");
    List<String> targets = list("spec.mountTarget.");
    for (int i = 0; i < Math.min(sources.size(), targets.size()); i++) {
      spec.mount(new HostMount(Path.of(sources.get(i)), targets.get(i)));
    }
    for (String each : list("spec.volume.")) {
      spec.volume(volume(each));
    }
    ifGiven("spec.isolation", value -> spec.isolation(IsolationTier.valueOf(value)));
    spec.detached(Boolean.parseBoolean(need("spec.detached")));
    return spec.build();
  }

  /** The size, the length of the target, the target, the directory. */
  private static VolumeMount volume(String text) {
    int first = text.indexOf(':');
    int second = text.indexOf(':', first + 1);
    int end = second + 1 + Integer.parseInt(text, first + 1, second, 10);
    return new VolumeMount(
        Path.of(text.substring(end)),
        text.substring(second + 1, end),
        Integer.parseInt(text, 0, first, 10));
  }

  private void ifGiven(String key, Consumer<String> use) {
    get(key).ifPresent(use);
  }

  private Optional<String> get(String key) {
    return Optional.ofNullable(properties.getProperty(key));
  }

  private String need(String key) throws IOException {
    return get(key).orElseThrow(() -> new IOException("the record lacks " + key));
  }

  private Map<String, String> map(String prefix) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String key : properties.stringPropertyNames()) {
      if (key.startsWith(prefix)) {
        values.put(key.substring(prefix.length()), properties.getProperty(key));
      }
    }
    return values;
  }

  private List<String> list(String prefix) {
    Map<Integer, String> ordered = new TreeMap<>();
    map(prefix).forEach((index, value) -> ordered.put(Integer.parseInt(index), value));
    return List.copyOf(ordered.values());
  }
}
