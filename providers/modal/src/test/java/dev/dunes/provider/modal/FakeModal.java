package dev.dunes.provider.modal;

import dev.dunes.provider.local.LocalSandboxProviderFactory;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.ProviderSettings;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.okhttp.OkHttpServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/** Modal on loopback, whose sandboxes are real ones of this machine. Cloud providers 2.2. */
final class FakeModal implements AutoCloseable {
  static final String TOKEN_ID = "ak-test-0123456789";
  static final String TOKEN_SECRET = "as-test-9876543210abcdef";
  private static final int PAGE = 3;
  private static final int SUCCESS = 1;
  private static final int TERMINATED = 3;
  private static final int TIMEOUT = 4;

  private final Path directory;
  private final Sandboxes sandboxes;
  private final Server control;
  private final Server routers;
  private final FakeRouter router = new FakeRouter(this);
  final Map<String, FakeBox> boxes = new ConcurrentHashMap<>();
  final FakeFaults faults = new FakeFaults();
  final FakeImages images;
  final Set<String> tokens = ConcurrentHashMap.newKeySet();
  final Map<String, String> jwts = new ConcurrentHashMap<>();

  private final Map<String, Map<String, String>> secrets = new ConcurrentHashMap<>();
  private final Map<String, String> once = new ConcurrentHashMap<>();
  private final AtomicInteger count = new AtomicInteger();
  private final ReentrantLock making = new ReentrantLock();

  FakeModal() throws Exception {
    directory =
        Files.createTempDirectory(
            "dunes-modal-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    Map<String, String> variables = new HashMap<>(Map.of("PATH", System.getenv("PATH")));
    variables.put("DUNES_STATE", directory.toString());
    variables.put("DUNES_PROVIDER", "local");
    sandboxes = Sandboxes.builder().settings(new ProviderSettings(Map.of(), variables)).build();
    images = new FakeImages(sandboxes);
    control = serve(this::handle);
    routers = serve(router::handle);
  }

  private Server serve(FakeCall.Handler handler) throws IOException {
    return OkHttpServerBuilder.forPort(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            InsecureServerCredentials.create())
        .fallbackHandlerRegistry(FakeCall.registry(call -> faults.take(call, handler)))
        .executor(work -> Thread.ofVirtual().start(work))
        .maxInboundMessageSize(100 << 20)
        // what a client sends into a stream that was ended is never credited again
        .flowControlWindow(64 << 20)
        .permitKeepAliveTime(1, TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true)
        .build()
        .start();
  }

  String url() {
    return "http://127.0.0.1:" + control.getPort();
  }

  ProviderSettings settings(String... more) {
    Map<String, String> configured = new HashMap<>();
    configured.put("modal_token_id", TOKEN_ID);
    configured.put("modal_token_secret", TOKEN_SECRET);
    configured.put("modal_server_url", url());
    for (int i = 0; i < more.length; i += 2) {
      configured.put(more[i], more[i + 1]);
    }
    return new ProviderSettings(configured, Map.of("HOME", directory.toString()));
  }

  FakeRouter router() {
    return router;
  }

  List<FakeBox> running() {
    return boxes.values().stream().filter(box -> box.status == 0).toList();
  }

  // ---- calls ----

  private void handle(FakeCall call) throws Exception {
    boolean known =
        call.header("x-modal-token-id").equals(TOKEN_ID)
            && call.header("x-modal-token-secret").equals(TOKEN_SECRET);
    if (!known || call.header("x-modal-client-type").isEmpty()) {
      throw Status.UNAUTHENTICATED
          .withDescription("Token ID is malformed: " + call.header("x-modal-token-secret"))
          .asException();
    }
    if (!call.method.equals("AuthTokenGet")
        && !tokens.contains(call.header("x-modal-auth-token"))) {
      throw Status.UNAUTHENTICATED.withDescription("no valid auth token").asException();
    }
    WireMessage asked = call.next().orElseThrow();
    if (call.method.equals("ImageJoinStreaming")) {
      images.join(call, asked.text(1), asked.text(3));
    } else {
      call.send(answer(call, asked));
    }
  }

  private WireFields answer(FakeCall call, WireMessage asked)
      throws StatusException, InterruptedException {
    return switch (call.method) {
      case "AuthTokenGet" -> new WireFields().text(1, token());
      case "AppGetOrCreate" -> new WireFields().text(1, "ap-" + asked.text(1));
      case "EnvironmentGetOrCreate" -> {
        WireFields settings = new WireFields().text(1, "2025.06");
        WireFields metadata = new WireFields().text(1, "main").message(2, settings);
        yield new WireFields().text(1, "en-1").message(2, metadata);
      }
      case "ImageGetOrCreate" -> images.make(asked);
      case "ImageDelete" -> {
        images.delete(asked.text(1));
        yield new WireFields();
      }
      case "SecretGetOrCreate" -> {
        String id = "st-" + count.incrementAndGet();
        secrets.put(id, asked.map(5));
        yield new WireFields().text(1, id);
      }
      case "SandboxCreate", "SandboxCreateV2" -> create(call, asked);
      case "SandboxGetTaskId", "SandboxGetTaskIdV2" -> {
        FakeBox box = box(asked.text(1));
        yield box.status != 0
            ? new WireFields().message(2, result(box))
            : new WireFields().text(1, box.task);
      }
      case "SandboxGetCommandRouterAccess" -> access(live(box(asked.text(1))));
      case "TaskGetCommandRouterAccess" -> access(live(task(asked.text(1))));
      case "SandboxWait", "SandboxWaitV2" -> {
        FakeBox box = box(asked.text(1));
        yield new WireFields().message(1, result(box));
      }
      case "SandboxTerminate", "SandboxTerminateV2" -> {
        FakeBox box = box(asked.text(1));
        WireFields before =
            box.status == 0 ? new WireFields() : new WireFields().message(1, result(box));
        box.end(TERMINATED);
        yield before;
      }
      case "SandboxTagsSet", "SandboxTagsSetV2" -> {
        box(asked.text(2)).tags = ModalApi.tags(asked, 3);
        yield new WireFields();
      }
      case "SandboxTagsGet", "SandboxTagsGetV2" -> tags(new WireFields(), 1, box(asked.text(1)));
      case "SandboxList" -> list(asked, false);
      case "SandboxListV2" -> list(asked, true);
      default -> throw Status.UNIMPLEMENTED.withDescription(call.method).asException();
    };
  }

  static StatusException notFound(String what) {
    return Status.NOT_FOUND.withDescription(what + " not found").asException();
  }

  private String token() {
    String claims = "{\"exp\":%d}".formatted(Instant.now().getEpochSecond() + 1200);
    String token =
        "eyJh.%s.%s"
            .formatted(
                Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(claims.getBytes(StandardCharsets.UTF_8)),
                UUID.randomUUID());
    tokens.add(token);
    return token;
  }

  // ---- sandboxes ----

  private WireFields create(FakeCall call, WireMessage asked) throws StatusException {
    boolean second = call.method.endsWith("V2");
    String key = call.header("x-idempotency-key");
    FakeBox box;
    making.lock();
    try {
      String before = once.get(key);
      box = before == null ? make(asked, second) : box(before);
      once.put(key, box.id);
    } finally {
      making.unlock();
    }
    WireFields answer = new WireFields().text(1, box.id);
    return second ? answer.text(3, box.task).message(5, access(box)) : answer;
  }

  private FakeBox make(WireMessage asked, boolean second) throws StatusException {
    WireMessage definition = asked.message(2);
    String image = definition.text(3);
    if (asked.text(1).isEmpty() || !definition.has(22) || !definition.has(7)) {
      throw Status.INVALID_ARGUMENT.withDescription("app, network and timeout").asException();
    }
    SandboxSpec.Builder spec = SandboxSpec.builder().lifetime(Duration.ofHours(1));
    definition.texts(4).forEach(id -> spec.env(secrets.get(id)));
    asked.messages(6).forEach(source -> env(spec, source));
    images.of(image).ifPresent(spec::image);
    String id = "sb-" + (second ? ulid() : ulid().substring(0, 22));
    FakeBox box =
        new FakeBox(
            id, asked.text(1), sandboxes.create(spec.build()), definition, ModalApi.tags(asked, 4));
    boxes.put(id, box);
    box.begin();
    return box;
  }

  private void env(SandboxSpec.Builder spec, WireMessage source) {
    spec.env(source.has(1) ? secrets.get(source.text(1)) : source.message(2).map(1));
  }

  private static String ulid() {
    return "01" + UUID.randomUUID().toString().replace("-", "").toUpperCase().substring(0, 24);
  }

  private WireFields access(FakeBox box) {
    String jwt = "jwt-" + UUID.randomUUID();
    jwts.put(jwt, box.id);
    return new WireFields().text(1, jwt).text(2, "https://127.0.0.1:" + routers.getPort());
  }

  private FakeBox box(String id) throws StatusException {
    FakeBox box = boxes.get(id);
    if (box == null) {
      throw notFound("Sandbox");
    }
    box.look();
    return box;
  }

  /** The sandbox of a task. */
  FakeBox task(String id) throws StatusException {
    return boxes.values().stream()
        .filter(box -> box.task.equals(id))
        .findFirst()
        .orElseThrow(() -> notFound("Task"));
  }

  static FakeBox live(FakeBox box) throws StatusException {
    box.look();
    if (box.status != 0) {
      throw notFound("Task");
    }
    return box;
  }

  private static WireFields result(FakeBox box) {
    return new WireFields().number(1, box.status);
  }

  private static WireFields tags(WireFields message, int field, FakeBox box) {
    box.tags.forEach(
        (name, value) -> message.message(field, new WireFields().text(1, name).text(2, value)));
    return message;
  }

  /** Newest first, a few at a time. */
  private WireFields list(WireMessage asked, boolean second) throws StatusException {
    if (asked.text(1).isEmpty()) {
      throw Status.INVALID_ARGUMENT.withDescription("no app").asException();
    }
    Map<String, String> wanted = ModalApi.tags(asked, 5);
    double before = asked.floating(2) > 0 ? asked.floating(2) : Double.MAX_VALUE;
    boxes.values().forEach(FakeBox::look);
    WireFields page = new WireFields();
    boxes.values().stream()
        .filter(box -> box.second() == second && box.app.equals(asked.text(1)))
        .filter(box -> box.status == 0 || asked.flag(4))
        .filter(box -> box.tags.entrySet().containsAll(wanted.entrySet()))
        .filter(box -> seconds(box.createdAt) < before)
        .sorted(Comparator.comparing((FakeBox box) -> box.createdAt).reversed())
        .limit(PAGE)
        .forEach(box -> page.message(1, show(box)));
    return page;
  }

  private static WireFields show(FakeBox box) {
    WireFields task = new WireFields().text(1, box.task).floating(2, seconds(box.createdAt));
    if (box.status != 0) {
      task.floating(3, seconds(Instant.now())).message(4, result(box));
    }
    WireFields shown = new WireFields().text(1, box.id).floating(3, seconds(box.createdAt));
    return tags(shown.message(4, task).text(5, box.app), 6, box);
  }

  private static double seconds(Instant time) {
    return time.getEpochSecond() + time.getNano() / 1e9;
  }

  /** For all tests of a class and of those nested in it. */
  static Shared<FakeModal> shared() {
    return new Shared<>(FakeModal.class, new LocalSandboxProviderFactory(), FakeModal::new);
  }

  @Override
  public void close() {
    control.shutdownNow();
    routers.shutdownNow();
    boxes.values().forEach(box -> box.end(TERMINATED));
    sandboxes.close();
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
