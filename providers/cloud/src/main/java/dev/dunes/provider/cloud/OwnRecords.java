package dev.dunes.provider.cloud;

import dev.dunes.guest.ProcessIdentity;
import dev.dunes.guest.SandboxDirectory;
import dev.dunes.guest.SandboxLock;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.guest.SandboxStore;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The sandboxes made from this machine at one address of a vendor, as files that only their user
 * can read: one directory a sandbox, named by its id, with a record and a lock. Other processes of
 * the user see the same; a machine that loses power forgets none.
 */
final class OwnRecords {
  private static final String BASE = "base";
  private static final String MARK = "mark";
  private static final Duration LOCK_LIMIT = Duration.ofMinutes(2);

  private final String provider;
  private final URI base;
  private final SandboxStore store;

  private OwnRecords(String provider, URI base, SandboxStore store) {
    this.provider = provider;
    this.base = base;
    this.store = store;
  }

  static OwnRecords open(ProviderSettings settings, String provider, URI base) {
    CRC32 crc = new CRC32();
    crc.update(base.toString().getBytes(StandardCharsets.UTF_8));
    String place = provider + "-" + HexFormat.of().toHexDigits(crc.getValue(), 8);
    SandboxStore store = SandboxStore.open(settings, place);
    OwnRecords records = new OwnRecords(provider, base, store);
    try {
      Files.setPosixFilePermissions(store.path(), PosixFilePermissions.fromString("rwx------"));
    } catch (IOException e) {
      throw records.unusable(e);
    }
    return records;
  }

  // ---- making ----

  /** Stores a new one, which is {@link SandboxState#CREATING} as long as the lock is held. */
  SandboxLock create(String id, SandboxSpec spec, String mark) {
    SandboxSpec.Builder kept =
        SandboxSpec.builder()
            .labels(spec.labels())
            .lifetime(spec.lifetime())
            .detached(spec.detached());
    spec.workingDir().ifPresent(kept::workingDir);
    SandboxRecord record =
        new SandboxRecord(id, provider, kept.build(), Instant.now())
            .withOwner(ProcessIdentity.current())
            .withMetadata(BASE, base.toString())
            .withMetadata(MARK, mark);
    try {
      SandboxLock lock = store.create(record);
      boolean safe = false;
      try {
        lock.directory().force();
        safe = true;
        return lock;
      } finally {
        if (!safe) {
          delete(lock);
          lock.close();
        }
      }
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Notes that it runs from now on, for its lifetime. */
  OwnRecord running(SandboxLock lock) {
    SandboxRecord record = require(lock);
    return write(
        lock,
        record
            .withState(SandboxState.RUNNING)
            .withDeadline(Instant.now().plus(record.spec().lifetime())));
  }

  OwnRecord renew(SandboxLock lock, Duration lifetime) {
    return write(lock, require(lock).withDeadline(Instant.now().plus(lifetime)));
  }

  private SandboxRecord require(SandboxLock lock) {
    try {
      return lock.directory().read().orElseThrow(() -> unreadable(lock.directory().id()));
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private OwnRecord write(SandboxLock lock, SandboxRecord record) {
    try {
      lock.directory().write(record);
      lock.directory().force();
      return shown(record);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Notes that it is being ended, so that nobody uses it any more. */
  void ending(SandboxLock lock) {
    try {
      Optional<SandboxRecord> record = lock.directory().read();
      if (record.isPresent()) {
        lock.directory().write(record.get().withState(SandboxState.STOPPING));
      }
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Forgets it. Only once nothing is left of it at the vendor. */
  void delete(SandboxLock lock) {
    try {
      lock.directory().delete();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  // ---- finding ----

  /** What is known of it; empty when nothing is. */
  Optional<OwnRecord> find(String id) {
    return store.find(id).flatMap(this::read);
  }

  /** All of them, also those whose record cannot be read. */
  List<OwnRecord> all() {
    try {
      List<OwnRecord> all = new ArrayList<>();
      for (SandboxDirectory directory : store.all()) {
        read(directory).ifPresent(all::add);
      }
      return all;
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private Optional<OwnRecord> read(SandboxDirectory directory) {
    try {
      Optional<SandboxRecord> record = directory.read();
      if (record.isEmpty() && Files.isDirectory(directory.path())) {
        record = directory.read(); // it may have been exchanged just now
        if (record.isEmpty() && Files.isDirectory(directory.path())) {
          return Optional.of(problem(directory, "the file is damaged"));
        }
      }
      return record.map(this::shown);
    } catch (IOException e) {
      return Optional.of(problem(directory, String.valueOf(e.getMessage())));
    }
  }

  private OwnRecord problem(SandboxDirectory directory, String why) {
    return OwnRecord.unreadable(
        directory.id(), base, "its record in %s cannot be read: %s".formatted(directory, why));
  }

  private OwnRecord shown(SandboxRecord record) {
    if (!base.toString().equals(record.metadata().get(BASE))) {
      return OwnRecord.unreadable(record.id(), base, "its record is of another address");
    }
    return new OwnRecord(
        record.id(),
        base,
        record.spec(),
        record.state(),
        Optional.of(record.createdAt()),
        record.deadline(),
        Optional.empty());
  }

  /** The ids of those that were stored with this mark. */
  List<String> marked(String mark) {
    try {
      List<String> ids = new ArrayList<>();
      for (SandboxDirectory directory : store.all()) {
        if (directory.read().filter(r -> mark.equals(r.metadata().get(MARK))).isPresent()) {
          ids.add(directory.id());
        }
      }
      return ids;
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  // ---- ending ----

  /** Whether its time is over, or its maker has gone without it. */
  boolean over(String id) {
    try {
      Optional<SandboxDirectory> directory = store.find(id);
      return directory.isPresent() && directory.get().read().filter(OwnRecords::over).isPresent();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private static boolean over(SandboxRecord record) {
    return record.state() == SandboxState.CREATING
        || record.state() == SandboxState.STOPPING
        || record.deadline().filter(deadline -> !Instant.now().isBefore(deadline)).isPresent()
        || !record.detached() && record.owner().filter(owner -> !owner.isAlive()).isPresent();
  }

  /** The right to change it; empty when it is not there, or not any more. */
  Optional<SandboxLock> lock(String id) {
    try {
      Optional<SandboxDirectory> directory = store.find(id);
      return directory.isPresent() ? directory.get().lock(LOCK_LIMIT) : Optional.empty();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** The same without waiting: empty also when another has it. */
  Optional<SandboxLock> tryLock(String id) {
    try {
      Optional<SandboxDirectory> directory = store.find(id);
      return directory.isPresent() ? directory.get().tryLock() : Optional.empty();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Removes what processes left that were killed while they stored or removed a record. */
  void sweep() {
    try {
      store.sweep();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  // ---- problems ----

  /** Its record cannot be read; it may run, and be billed for. */
  ProviderException unreadable(String id) {
    return new ProviderException(
        "the record of sandbox '%s' in %s cannot be read".formatted(id, store.path()),
        ErrorDetails.at(provider, id)
            .withRemedy("`ds destroy -p %s %s` ends it".formatted(provider, id)));
  }

  private ProviderException unusable(IOException e) {
    return new ProviderException(
        "cannot keep records in %s: %s".formatted(store.path(), e.getMessage()),
        ErrorDetails.cause(e)
            .withProvider(provider)
            .withRemedy("free some space, or set DUNES_STATE to a directory that can be written"));
  }
}
