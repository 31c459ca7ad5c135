package dev.dunes.gateway;

import dev.dunes.gateway.cassette.Cassette;
import dev.dunes.gateway.cassette.Scrubber;
import dev.dunes.gateway.egress.HostRules;
import dev.dunes.gateway.egress.NameTable;
import dev.dunes.gateway.egress.Target;
import dev.dunes.gateway.metering.PriceTable;
import dev.dunes.gateway.metering.TokenCounts;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** One run's rights and what it has done with them. */
final class Lease implements GatewayLease {
  /** Something of the run that is under way. */
  interface Running {
    /** Ends it soon; called from any thread, perhaps when it is over. */
    void abort();

    /** Ends it soon when it goes where or how this does not lead; called from any thread. */
    default void keepTo(Way way) {}
  }

  private static final int MAX_UNKNOWN_MODELS = 100;

  private final LeaseSpec spec;
  private final String token;
  private final Leases leases;
  private final PriceTable prices;
  private final Map<ModelProtocol, Wire> wires;
  private final Optional<Cassette> replay;
  private final Optional<Recorder> recorder;
  private final Scrubber scrubber;
  private final Ledger ledger;
  private final EventQueue events;
  private final Set<Running> running = ConcurrentHashMap.newKeySet();
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();
  private final Set<String> unknownModels = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile long lastActivityMillis = System.currentTimeMillis();
  private volatile Way way;

  /** What it may reach, and how, at a time. */
  record Way(HostRules rules, NameTable<HostHeaders> headers, Optional<SocksProxy> via) {
    static Way of(EgressPolicy policy) {
      return new Way(HostRules.of(policy.allowed()), policy.byName(), policy.via());
    }

    /** The headers that requests to it get. */
    Optional<HostHeaders> headers(Target target) {
      return headers.find(target.host());
    }
  }

  Lease(
      LeaseSpec spec,
      Leases leases,
      PriceTable prices,
      Map<ModelProtocol, Wire> wires,
      LeaseFiles files,
      int eventBacklog) {
    this.spec = spec;
    this.token = spec.token().orElseGet(RunToken::create);
    this.leases = leases;
    this.prices = prices;
    this.wires = Map.copyOf(wires);
    this.replay = files.replay();
    this.scrubber = files.scrubber();
    this.ledger = new Ledger(spec.budgetUsd());
    this.way = Way.of(spec.egress());
    this.events = new EventQueue(spec.runId(), spec.listener(), eventBacklog);
    this.recorder = files.recording().map(writer -> new Recorder(writer, this));
  }

  @Override
  public String runId() {
    return spec.runId();
  }

  @Override
  public String token() {
    return token;
  }

  @Override
  public ModelUsage usage() {
    return ledger.total();
  }

  @Override
  public Instant lastActivity() {
    return Instant.ofEpochMilli(lastActivityMillis);
  }

  @Override
  public void egress(EgressPolicy policy) {
    leases.check(policy);
    Way now = Way.of(policy);
    way = now;
    // INVARIANT: a connection says where it goes before it asks for the rules, so none is missed.
    running.forEach(each -> each.keepTo(now));
  }

  Way way() {
    return way;
  }

  /** Whether a target is the sandbox's own way to models. */
  boolean isWayToModels(Target target) {
    boolean loopback =
        target.host().name().equals("localhost")
            || target.host().literal().filter(InetAddress::isLoopbackAddress).isPresent();
    return loopback
        && spec.portInSandbox().isPresent()
        && spec.portInSandbox().getAsInt() == target.port();
  }

  void active() {
    lastActivityMillis = System.currentTimeMillis();
  }

  Optional<Wire> wire(ModelProtocol protocol) {
    return Optional.ofNullable(wires.get(protocol));
  }

  Optional<Cassette> replay() {
    return replay;
  }

  boolean recordedPace() {
    return spec.recordedPace();
  }

  Optional<Recorder> recorder() {
    return recorder;
  }

  Ledger ledger() {
    return ledger;
  }

  void tell(GatewayEvent event) {
    events.tell(event);
  }

  /** Without the run's keys, and what looks like one. */
  String scrub(String text) {
    return scrubber.scrub(text);
  }

  /** Counts a request in; false when there are too many. */
  boolean enterRequest() {
    return enter(requests, spec.maxConcurrentRequests());
  }

  void leaveRequest() {
    requests.decrementAndGet();
  }

  /** Counts a connection through the proxy in; false when there are too many. */
  boolean enterConnection(int max) {
    return enter(connections, max);
  }

  void leaveConnection() {
    connections.decrementAndGet();
  }

  private static boolean enter(AtomicInteger counter, int max) {
    if (counter.incrementAndGet() > max) {
      counter.decrementAndGet();
      return false;
    }
    return true;
  }

  /** Remembers what must end with the lease; false when the lease is over already. */
  boolean begin(Running each) {
    running.add(each);
    if (closed.get()) {
      running.remove(each);
      return false;
    }
    return true;
  }

  void end(Running each) {
    running.remove(each);
  }

  /** What one request has used, by the price table. */
  ModelUsage priced(String model, TokenCounts counts) {
    if (!prices.knows(model)
        && unknownModels.size() < MAX_UNKNOWN_MODELS
        && unknownModels.add(model)) {
      tell(new GatewayEvent.PriceUnknown(runId(), Instant.now(), model));
    }
    return counts.usage(1, prices.costUsd(model, counts));
  }

  /** A request has used more than was known before. */
  void charge(ModelUsage before, ModelUsage now) {
    if (ledger.replace(before, now)) {
      tell(
          new GatewayEvent.BudgetExceeded(
              runId(), Instant.now(), ledger.budgetUsd(), ledger.total().costUsd()));
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    leases.remove(this);
    running.forEach(Running::abort);
    wires.values().forEach(Wire::close);
    recorder.ifPresent(Recorder::close);
    events.close();
  }

  @Override
  public String toString() {
    return "GatewayLease[" + runId() + "]";
  }
}
