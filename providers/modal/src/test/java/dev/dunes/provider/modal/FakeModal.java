package dev.dunes.provider.modal;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.provider.local.LocalSandboxProviderFactory;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
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
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Modal on loopback, whose sandboxes are real ones of this machine. Cloud providers 2.2. */
final class FakeModal implements AutoCloseable {
  static final String TOKEN_ID = "ak-test-0123456789";
  static final String TOKEN_SECRET = "as-test-9876543210abcdef";
  private static final int PAGE = 3;
  private static final int SUCCESS = 1;
  private static final int TERMINATED = 3;
  private static final int TIMEOUT = 4;

  /** A sandbox as the control plane knows it. */
  static final class Box {
    final String id;
    final String task = "ta-" + UUID.randomUUID().toString().replace("-", "");
    final String app;
    final Sandbox sandbox;
    final WireMessage definition;
    final Instant createdAt = Instant.now();
    final Map<String, FakeExec> execs = new ConcurrentHashMap<>();
    volatile Map<String, String> tags;
    final CountDownLatch ended = new CountDownLatch(1);
    volatile int status;

    Box(String id, String app, Sandbox sandbox, WireMessage definition, Map<String, String> tags) {
      this.id = id;
      this.app = app;
      this.sandbox = sandbox;
      this.definition = definition;
      this.tags = tags;
    }

    boolean second() {
      return ModalApi.second(id);
    }

    void end(int how) {
      if (status == 0) {
        status = how;
        sandbox.destroy();
        ended.countDown();
      }
    }

    /** It ends with its first program; without one it only waits. */
    void begin() {
      if (definition.texts(1).isEmpty()) {
        return;
      }
      RunningCommand first = sandbox.start(Command.builder(definition.texts(1)).detached().build());
      Thread.ofVirtual()
          .start(() -> {
            try {
              first.waitFor();
              end(SUCCESS);
            } catch (SandboxException e) {
              // ended from outside
            }
          });
    }

    /** The vendor keeps to the time it was given. */
    void look() {
      long seconds = definition.number(7) == 0 ? 300 : definition.number(7);
      if (Instant.now().isAfter(createdAt.plusSeconds(seconds))) {
        end(TIMEOUT);
      }
    }
  }

  /**
   * A call that does not go well, once.
   *
   * @param after whether it is done all the same
   */
  record Fault(String method, Status status, Metadata trailers, boolean after) {}

  private final Path directory;
  private final Sandboxes sandboxes;
  private final Server control;
  private final Server routers;
  private final FakeRouter router = new FakeRouter(this);
  final Map<String, Box> boxes = new ConcurrentHashMap<>();
  final Map<String, String> snapshots = new ConcurrentHashMap<>();

  /** By the keys that were asked with. */
  private final Map<String, String> saved = new ConcurrentHashMap<>();

  final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
  private final Queue<Hold> holds = new ConcurrentLinkedQueue<>();
  final Queue<String> seen = new ConcurrentLinkedQueue<>();
  final Set<String> tokens = ConcurrentHashMap.newKeySet();
  final Map<String, String> jwts = new ConcurrentHashMap<>();

  /** Calls of this method wait until it is counted down; what they make is made before. */
  volatile Optional<Map.Entry<String, CountDownLatch>> slow = Optional.empty();

  private final Map<String, Map<String, String>> secrets = new ConcurrentHashMap<>();
  private final Map<String, String> images = new ConcurrentHashMap<>();
  private final Set<String> built = ConcurrentHashMap.newKeySet();
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
    control = serve(this::handle);
    routers = serve(router::handle);
  }

  private Server serve(FakeCall.Handler handler) throws IOException {
    return OkHttpServerBuilder.forPort(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            InsecureServerCredentials.create())
        .fallbackHandlerRegistry(FakeCall.registry(call -> held(call, handler)))
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

  List<Box> running() {
    return boxes.values().stream().filter(box -> box.status == 0).toList();
  }

  // ---- calls ----

  private record Hold(
      String method, CountDownLatch arrived, CountDownLatch release, CountDownLatch served) {}

  /**
   * Nobody looks at the next such call before the latch is open.
   *
   * @return a latch that is open when it has been looked at
   */
  CountDownLatch hold(String method, CountDownLatch arrived, CountDownLatch release) {
    CountDownLatch served = new CountDownLatch(1);
    holds.add(new Hold(method, arrived, release, served));
    return served;
  }

  private void held(FakeCall call, FakeCall.Handler handler) throws Exception {
    Optional<Hold> hold =
        holds.stream().filter(each -> each.method().equals(call.method)).findFirst();
    if (hold.filter(holds::remove).isEmpty()) {
      faulty(call, handler);
      return;
    }
    hold.get().arrived().countDown();
    hold.get().release().await();
    try {
      faulty(call, handler);
    } finally {
      hold.get().served().countDown();
    }
  }

  private void faulty(FakeCall call, FakeCall.Handler handler) throws Exception {
    seen.add(call.method);
    Optional<Map.Entry<String, CountDownLatch>> wait =
        slow.filter(each -> each.getKey().equals(call.method));
    if (wait.isPresent()) {
      if (call.method.startsWith("SandboxCreate")) {
        handler.handle(call.silent());
      }
      wait.get().getValue().await();
    }
    Optional<Fault> fault =
        faults.stream().filter(each -> each.method().equals(call.method)).findFirst();
    fault.ifPresent(faults::remove);
    if (fault.isPresent() && !fault.get().after()) {
      throw fault.get().status().asException(fault.get().trailers());
    }
    if (fault.isPresent()) {
      // done, and nobody is told
      handler.handle(call.silent());
      throw fault.get().status().asException(fault.get().trailers());
    }
    handler.handle(call);
  }

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
      joinImage(call, asked.text(1), asked.text(3));
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
      case "ImageGetOrCreate" -> image(asked);
      case "ImageDelete" -> {
        if (!snapshots.containsKey(asked.text(1))) {
          throw notFound("Image");
        }
        sandboxes.provider().deleteSnapshot(snapshots.remove(asked.text(1)));
        yield new WireFields();
      }
      case "SecretGetOrCreate" -> {
        String id = "st-" + count.incrementAndGet();
        secrets.put(id, asked.map(5));
        yield new WireFields().text(1, id);
      }
      case "SandboxCreate", "SandboxCreateV2" -> create(call, asked);
      case "SandboxGetTaskId", "SandboxGetTaskIdV2" -> {
        Box box = box(asked.text(1));
        yield box.status != 0
            ? new WireFields().message(2, result(box))
            : new WireFields().text(1, box.task);
      }
      case "SandboxGetCommandRouterAccess" -> access(live(box(asked.text(1))));
      case "TaskGetCommandRouterAccess" -> access(live(task(asked.text(1))));
      case "SandboxWait", "SandboxWaitV2" -> {
        Box box = box(asked.text(1));
        yield new WireFields().message(1, result(box));
      }
      case "SandboxTerminate", "SandboxTerminateV2" -> {
        Box box = box(asked.text(1));
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

  private static StatusException notFound(String what) {
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

  // ---- images ----

  private WireFields image(WireMessage asked) throws StatusException {
    if (asked.text(4).isEmpty() || asked.text(9).isEmpty()) {
      throw Status.INVALID_ARGUMENT.withDescription("app and builder version").asException();
    }
    String commands = String.join("\n", asked.message(2).texts(6));
    String id =
        images.computeIfAbsent(
            commands, key -> "im-" + (key.contains("broken") ? "broken" : "built") + images.size());
    WireFields answer = new WireFields().text(1, id);
    return built.contains(id) ? answer.message(2, new WireFields().number(1, 1)) : answer;
  }

  /** The first stream ends without a result, as after its 55 seconds; the next goes on. */
  private void joinImage(FakeCall call, String id, String last) throws Exception {
    if (last.isEmpty()) {
      WireFields log = new WireFields().text(1, "Step 1/1 : FROM somewhere\n");
      call.send(new WireFields().message(2, log).text(3, "1-0"));
      return;
    }
    boolean fails = id.contains("broken");
    WireFields result = new WireFields().number(1, fails ? 2 : 1);
    if (fails) {
      result.text(2, "no such image, and the secret is " + TOKEN_SECRET);
    } else {
      built.add(id);
    }
    call.send(new WireFields().message(1, result).text(3, "2-0").flag(4, true));
  }

  /** With the same key the same one. */
  String snapshot(Box box, String key) {
    return saved.computeIfAbsent(
        key,
        any -> {
          String id = "im-snapshot" + count.incrementAndGet();
          snapshots.put(id, box.sandbox.snapshot().id());
          return id;
        });
  }

  // ---- sandboxes ----

  private WireFields create(FakeCall call, WireMessage asked) throws StatusException {
    boolean second = call.method.endsWith("V2");
    String key = call.header("x-idempotency-key");
    Box box;
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

  private Box make(WireMessage asked, boolean second) throws StatusException {
    WireMessage definition = asked.message(2);
    String image = definition.text(3);
    if (asked.text(1).isEmpty() || !definition.has(22) || !definition.has(7)) {
      throw Status.INVALID_ARGUMENT.withDescription("app, network and timeout").asException();
    }
    SandboxSpec.Builder spec = SandboxSpec.builder().lifetime(Duration.ofHours(1));
    definition.texts(4).forEach(id -> spec.env(secrets.get(id)));
    asked.messages(6).forEach(source -> env(spec, source));
    if (snapshots.containsKey(image)) {
      spec.image("snapshot:" + snapshots.get(image));
    } else if (!built.contains(image)) {
      throw notFound("Image");
    }
    String id = "sb-" + (second ? ulid() : ulid().substring(0, 22));
    Box box =
        new Box(
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

  private WireFields access(Box box) {
    String jwt = "jwt-" + UUID.randomUUID();
    jwts.put(jwt, box.id);
    return new WireFields().text(1, jwt).text(2, "https://127.0.0.1:" + routers.getPort());
  }

  private Box box(String id) throws StatusException {
    Box box = boxes.get(id);
    if (box == null) {
      throw notFound("Sandbox");
    }
    box.look();
    return box;
  }

  /** The sandbox of a task. */
  Box task(String id) throws StatusException {
    return boxes.values().stream()
        .filter(box -> box.task.equals(id))
        .findFirst()
        .orElseThrow(() -> notFound("Task"));
  }

  static Box live(Box box) throws StatusException {
    box.look();
    if (box.status != 0) {
      throw notFound("Task");
    }
    return box;
  }

  private static WireFields result(Box box) {
    return new WireFields().number(1, box.status);
  }

  private static WireFields tags(WireFields message, int field, Box box) {
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
    boxes.values().forEach(Box::look);
    WireFields page = new WireFields();
    boxes.values().stream()
        .filter(box -> box.second() == second && box.app.equals(asked.text(1)))
        .filter(box -> box.status == 0 || asked.flag(4))
        .filter(box -> box.tags.entrySet().containsAll(wanted.entrySet()))
        .filter(box -> seconds(box.createdAt) < before)
        .sorted(Comparator.comparing((Box box) -> box.createdAt).reversed())
        .limit(PAGE)
        .forEach(box -> page.message(1, show(box)));
    return page;
  }

  private static WireFields show(Box box) {
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

  /** One for all tests of a class and of those nested in it; ended after everything else. */
  static final class Shared implements BeforeAllCallback {
    private Optional<FakeModal> fake = Optional.empty();

    @Override
    public void beforeAll(ExtensionContext context) {
      assumeTrue(
          new LocalSandboxProviderFactory().availability(ProviderSettings.system()).usable(),
          "provider 'local' cannot be used here: see ds doctor");
      fake =
          Optional.of(
              context
                  .getStore(ExtensionContext.Namespace.create(Shared.class))
                  .computeIfAbsent("fake", key -> open(), FakeModal.class));
    }

    private static FakeModal open() {
      try {
        return new FakeModal();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    FakeModal get() {
      return fake.orElseThrow();
    }
  }
}
