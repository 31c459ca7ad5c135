package dev.dunes.hosting;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of sandboxes: their files, saved under a name or put into new ones. Processes are not
 * copied. Safe for use by several threads.
 */
public final class Copies {
  private static final Logger LOG = LoggerFactory.getLogger(Copies.class);

  private final Hosting hosting;
  private final Supplier<Sandboxes> sandboxes;
  private final Snapshots snapshots;

  /**
   * One of several copies.
   *
   * @param sandbox that was made
   * @param failure why it was not
   */
  public record Fork(Optional<HostedSandbox> sandbox, Optional<HostingException> failure) {}

  Copies(Hosting hosting, Supplier<Sandboxes> sandboxes, Snapshots snapshots) {
    this.hosting = hosting;
    this.sandboxes = sandboxes;
    this.snapshots = snapshots;
  }

  /**
   * Saves the files of a sandbox that runs; sandboxes are made from them by the snapshot's id as
   * their template.
   *
   * @param name of what is saved; what the account had under it is deleted
   */
  public SavedSnapshot save(Account account, String id, Optional<String> name)
      throws InterruptedException {
    Optional<String> normal = name.map(Snapshots::normal);
    return hosting.use(
        account,
        id,
        open -> {
          Snapshot taken = take(open.sandbox());
          return keep(open, taken, normal);
        });
  }

  private SavedSnapshot keep(OpenSandbox open, Snapshot taken, Optional<String> name) {
    HostedSandbox of = open.info();
    SavedSnapshot saved =
        new SavedSnapshot(
            name.orElseGet(() -> Tokens.id("") + ":default"),
            of.account(),
            name.stream().toList(),
            taken.provider(),
            taken.id(),
            of.id(),
            of.template(),
            of.cpuCores(),
            of.memoryMb(),
            of.diskMb(),
            Instant.now().truncatedTo(ChronoUnit.MILLIS),
            of.workingDir(),
            Optional.of(open.envs()));
    boolean done = false;
    try {
      Optional<SavedSnapshot> before = snapshots.add(saved);
      done = true;
      before.ifPresent(old -> delete(old.provider(), old.providerId()));
      return saved;
    } finally {
      if (!done) {
        delete(taken.provider(), taken.id());
      }
    }
  }

  private static Snapshot take(Sandbox sandbox) {
    if (sandbox.forking().isEmpty()) {
      throw new HostingException(
          Reason.UNSUPPORTED,
          "provider '%s' cannot save the files of a sandbox".formatted(sandbox.provider()));
    }
    return sandbox.snapshot();
  }

  /** The account's snapshots, newest first. */
  public List<SavedSnapshot> list(Account account) {
    return snapshots.list(account.id());
  }

  /** Deletes one of the account's; sandboxes made from it go on. False when there is none. */
  public boolean delete(Account account, String name) {
    Optional<SavedSnapshot> saved = snapshots.find(account.id(), name);
    if (saved.isEmpty() || !snapshots.remove(saved.get())) {
      return false;
    }
    delete(saved.get().provider(), saved.get().providerId());
    return true;
  }

  /**
   * Makes copies of a sandbox that runs, which goes on.
   *
   * @param timeout how long each lives
   * @param count how many
   */
  public List<Fork> fork(Account account, String id, Duration timeout, int count)
      throws InterruptedException {
    Orders.checkTimeout(account, timeout);
    Snapshot taken = hosting.use(account, id, open -> take(open.sandbox()));
    List<Fork> forks = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        forks.add(fork(account, id, timeout, taken));
      }
    } finally {
      delete(taken.provider(), taken.id()); // what was made from it goes on
    }
    return forks;
  }

  private Fork fork(Account account, String id, Duration timeout, Snapshot taken) {
    try {
      return new Fork(
          Optional.of(hosting.copy(account, id, timeout, taken.image())), Optional.empty());
    } catch (HostingException e) {
      return new Fork(Optional.empty(), Optional.of(e));
    }
  }

  /** What an account may make sandboxes from, besides the templates. */
  Optional<Template> template(Account account, String name) {
    return snapshots.find(account.id(), name).map(SavedSnapshot::asTemplate);
  }

  private void delete(String provider, String id) {
    try {
      sandboxes.get().provider(provider).deleteSnapshot(id);
    } catch (SandboxException e) {
      LOG.warn("snapshot {} of {} could not be deleted", id, provider, e);
    }
  }
}
