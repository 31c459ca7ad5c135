package dev.dunes.hosting;

import dev.dunes.sandbox.Placement;
import dev.dunes.sandbox.SandboxException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Sandboxes for several tenants: made from templates, within limits, for a time, after which they
 * end or are paused. They outlive the server where the provider's sandboxes can: the next one of
 * the same directory goes on with them. Safe for use by several threads.
 *
 * {@snippet :
 * try (Hosting hosting = new Hosting(HostingConfig.builder(directory, Sandboxes::shared).build())) {
 *   Account account = hosting.mainAccount();
 *   HostedSandbox made = hosting.create(account, SandboxRequest.of("base"));
 *   hosting.use(account, made.id(), open -> open.sandbox().exec("uname -a").stdout());
 *   hosting.kill(account, made.id());
 * }
 * }
 */
public final class Hosting implements AutoCloseable {
  /** What {@link #connect} gives when nothing is said. E2B wire 2.3. */
  public static final Duration DEFAULT_CONNECT = Duration.ofSeconds(300);

  private final HostingConfig config;
  private final ApiKeys keys;
  private final Secrets secrets;
  private final Templates templates;
  private final Copies copies;
  private final Orders orders;
  private final Volumes volumes;
  private final TemplateBuilds builds;
  private final Webhooks webhooks;
  private final WebhookSender sender;
  private final EventLog events;
  private final Graves graves = new Graves();
  private final BootTimes boots = new BootTimes();
  private final Residents residents = new Residents();
  private final AnswerBook answers;
  private final Caretaker caretaker;
  private final Creation creation;
  private final Changes changes;

  /** Something done with a sandbox that runs. */
  @FunctionalInterface
  public interface Use<T> {
    T with(OpenSandbox open) throws InterruptedException;
  }

  /** Goes on with the sandboxes that an earlier server of the same directory has left. */
  public Hosting(HostingConfig config) {
    this.config = config;
    this.answers = new AnswerBook(config.directory());
    this.keys = new ApiKeys(config.directory());
    this.secrets = new Secrets(config.directory());
    this.webhooks = new Webhooks(config.directory(), config.privateWebhooks());
    this.sender = new WebhookSender(webhooks, config.webhookPause());
    this.events = new EventLog(sender::send);
    this.templates =
        new Templates(
            config.sandboxes(),
            config.provider().map(Placement::at).orElse(Placement.DEFAULT),
            BuiltInTemplates.ALL);
    this.builds =
        new TemplateBuilds(
            config.directory(),
            config.sandboxes(),
            templates,
            this::base,
            config.baseImages(),
            config.buildLimit(),
            InstantSource.system());
    this.copies = new Copies(this, config.sandboxes(), new Snapshots(config.directory()));
    this.volumes =
        new Volumes(
            config.directory(),
            config.sandboxes(),
            () -> Maker.provider(config.provider(), config.sandboxes()));
    this.orders = new Orders(templates, config.idle(), this::ofAccount, volumes);
    this.caretaker = new Caretaker(config, secrets, residents, events, graves, volumes);
    this.creation = new Creation(orders, residents, boots, caretaker::started);
    this.changes = new Changes(caretaker::started);
    caretaker.startAgain();
  }

  private Caretaker.Started started() {
    return caretaker.started();
  }

  /** A directory for what only waits to be put into a sandbox; emptied when a server starts. */
  public Path spool() {
    return caretaker.spool();
  }

  // ---- who ----

  /** The account of the one who runs the server. */
  public Account mainAccount() {
    return new Account(Account.MAIN, config.limits());
  }

  /** Whose key this is, if it is a good one. */
  public Optional<Account> account(String shownKey) {
    return keys.find(shownKey)
        .map(key -> new Account(key.id(), config.limits().with(key.limits())));
  }

  /** What headers of rules may have in them, and nobody is told. */
  public Secrets secrets() {
    return secrets;
  }

  /** The keys of accounts. */
  public ApiKeys keys() {
    return keys;
  }

  // ---- what there is ----

  /** The templates. */
  public Templates templates() {
    return templates;
  }

  /** The templates that accounts build. */
  public TemplateBuilds builds() {
    return builds;
  }

  private BuildRun.Base.Made base(Account account, BuildQueue.Make make) {
    Orders.Accepted accepted = orders.accept(account, SandboxRequest.of(make.template()));
    SandboxOrder order = accepted.order();
    Template template = accepted.template();
    // Steps run as whom they name: the user of the template below is where they begin.
    Lifecycle.Passing place =
        started().lifecycle().passing(order.ofNoUser(), make.lifetime(), template.image());
    boolean users = config.sandboxes().get().provider(place.sandbox().provider()).takesUsers();
    return new BuildRun.Base.Made(place, template, account.id(), order.diskMb(), users);
  }

  private Optional<Template> ofAccount(Account account, String name) {
    return builds.template(account, name).or(() -> copies.template(account, name));
  }

  /** Snapshots and copies of sandboxes. */
  public Copies copies() {
    return copies;
  }

  /** Files that outlive sandboxes. */
  public Volumes volumes() {
    started();
    return volumes;
  }

  /** What happened. */
  public EventLog events() {
    return events;
  }

  /** Who wants to hear of it. */
  public Webhooks webhooks() {
    return webhooks;
  }

  /** How long sandboxes took to be there, by template, as measured. */
  public Map<String, BootStats> bootTimes() {
    return boots.all();
  }

  /** How many sandboxes wait that were made ahead of need. */
  int ready() {
    return started().spares().ready();
  }

  /** The account's sandboxes, newest first. */
  public List<HostedSandbox> list(Account account) {
    started();
    return residents.everything().reversed().stream()
        .filter(entry -> entry.order.account().equals(account.id()))
        .filter(entry -> entry.condition().phase() != SandboxCondition.Phase.ENDING)
        .map(Entry::view)
        .sorted(Comparator.comparing(HostedSandbox::startedAt).reversed())
        .toList();
  }

  /** One of the account's. */
  public HostedSandbox get(Account account, String id) {
    return started().access().entry(account, id).view();
  }

  /**
   * A sandbox and whose it is.
   *
   * @param account whose it is
   * @param sandbox as it is now
   */
  public record Located(Account account, HostedSandbox sandbox) {}

  /** Answers that are given again. */
  public AnswerBook answers() {
    started();
    return answers;
  }

  /** The one that was made for a request of this name; see {@link SandboxRequest#asked}. */
  public Optional<HostedSandbox> asked(Account account, String name) {
    started();
    return residents.everything().stream()
        .filter(entry -> entry.order.account().equals(account.id()))
        .filter(entry -> entry.order.asked().filter(name::equals).isPresent())
        .filter(entry -> entry.condition().phase() != SandboxCondition.Phase.ENDING)
        .map(Entry::view)
        .findFirst();
  }

  /** A sandbox of any account: for requests that show by other means that they may use it. */
  public Optional<Located> locate(String id) {
    return residents.find(id).map(this::located);
  }

  /** The sandboxes of all accounts, for the same kind of requests. */
  public Stream<Located> everywhere() {
    return residents.everything().stream()
        .filter(entry -> entry.condition().phase() != SandboxCondition.Phase.ENDING)
        .map(this::located);
  }

  /** The sandbox that has this access token. */
  public Optional<String> ofToken(String token) {
    return residents.withToken(token).map(entry -> entry.order.id());
  }

  /**
   * A sandbox whose access token is such as is looked for. Looks at the tokens of all: a signature
   * does not tell whose it is.
   */
  public Optional<String> ofToken(Predicate<String> wanted) {
    return residents.withTokens().stream()
        .filter(entry -> entry.condition().phase() != SandboxCondition.Phase.ENDING)
        .filter(entry -> entry.order.accessToken().filter(wanted).isPresent())
        .map(entry -> entry.order.id())
        .findFirst();
  }

  private Located located(Entry entry) {
    HostedSandbox sandbox = entry.view();
    AccountLimits limits =
        sandbox.account().equals(Account.MAIN)
            ? config.limits()
            : keys.get(sandbox.account())
                .map(key -> config.limits().with(key.limits()))
                .orElse(config.limits());
    return new Located(new Account(sandbox.account(), limits), sandbox);
  }

  /** What became of a sandbox of any account, such as {@code expired at 2026-01-01T00:00:00Z}. */
  public String epitaph(String id) {
    return graves.epitaph(id);
  }

  // ---- changes ----

  /** Makes one. It is there, with everything written down, when this returns. */
  public HostedSandbox create(Account account, SandboxRequest request) {
    return creation.create(account, request);
  }

  /** Another one of the same kind as one of the account's, with other files. */
  HostedSandbox copy(Account account, String id, Duration timeout, String image) {
    return creation.copy(account, id, timeout, image);
  }

  /**
   * Pauses one.
   *
   * @param memory whether its processes are kept; when nothing is said, they are if the provider
   *     can
   */
  public HostedSandbox pause(Account account, String id, Optional<Boolean> memory) {
    return changes.pause(account, id, memory);
  }

  /**
   * Ends the pause of one.
   *
   * @param least how long it has at least from now on
   * @throws HostingException of reason {@code ALREADY_RUNNING} when it is not paused
   */
  public HostedSandbox resume(Account account, String id, Duration least) {
    return changes.resume(account, id, least);
  }

  /**
   * What {@link #connect} did.
   *
   * @param sandbox as it is now
   * @param resumed whether it was paused
   */
  public record Connected(HostedSandbox sandbox, boolean resumed) {}

  /** Ends the pause of one, if it is paused, and makes sure that it has so long; never shortens. */
  public Connected connect(Account account, String id, Duration least) {
    return changes.connect(account, id, least);
  }

  /** Makes sure that one that runs has so long; never shortens. */
  public void extend(Account account, String id, Duration least) {
    changes.extend(account, id, least);
  }

  /** Sets how long one has from now on; may shorten. Nothing, or less, ends it. */
  public void setTimeout(Account account, String id, Duration fromNow) {
    changes.setTimeout(account, id, fromNow);
  }

  /** What sandboxes with a way out reach when nothing is said. */
  public EgressRules usualEgress() {
    return config.internet() ? EgressRules.EVERYTHING : EgressRules.NOTHING;
  }

  /**
   * Replaces what one may reach. Connections to anything else end.
   *
   * @throws HostingException of reason {@code UNSUPPORTED} when it cannot be kept to; nothing
   *     changes
   */
  public HostedSandbox setEgress(Account account, String id, EgressRules rules) {
    return changes.egress(account, id, rules);
  }

  /** Ends one. */
  public void kill(Account account, String id) {
    started().access().kill(account, id);
  }

  // ---- use ----

  /**
   * Does something with one that runs; one that was suspended runs on first.
   *
   * @throws HostingException of reason {@code PAUSED} when it is paused and does not wake by itself
   * @throws SandboxException what the work throws, unless the sandbox is gone
   */
  public <T> T use(Account account, String id, Use<T> work) throws InterruptedException {
    return started().access().use(account, id, work);
  }

  /**
   * What one uses, and what it used before: since somebody first asked, for an hour at most, the
   * oldest first. While it is paused nothing is added.
   */
  public List<MetricsSample> metrics(Account account, String id) throws InterruptedException {
    Caretaker.Started now = started();
    Entry entry = now.access().entry(account, id);
    if (entry.running()) {
      now.metrics().add(entry, now.access().use(account, id, open -> open.sandbox().metrics()));
    }
    return now.metrics().asked(entry);
  }

  /**
   * Lets go. Sandboxes that can outlive the server go on and end when their time is over; all
   * others end now.
   */
  @Override
  public void close() {
    caretaker.close(() -> {
      builds.close();
      sender.close();
      volumes.close();
    });
  }
}
