package dev.dunes.provider.local;

import dev.dunes.guest.SandboxDirectory;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.guest.SandboxStore;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What belongs to sandboxes but is not in their directories: cgroups and leases of user ids whose
 * sandbox is gone.
 */
final class Leftovers {
  private Leftovers() {}

  static void remove(Cgroups cgroups, LocalState state, SandboxStore store) throws IOException {
    for (String id : cgroups.ids(state.tag())) {
      // INVARIANT: a sandbox's directory is there before its cgroups and goes after them
      if (store.find(id).isEmpty()) {
        SandboxCgroups left = cgroups.of(state.tag(), id);
        left.killAll();
        left.remove();
      }
    }
    Snapshots.collect(state, store);
    ImageStore.sweep(state.images());
    Map<Integer, String> leases = state.uids().leased();
    if (leases.isEmpty()) {
      return;
    }
    Set<Integer> used = used(state, store);
    for (Map.Entry<Integer, String> lease : leases.entrySet()) {
      boolean family = lease.getValue().equals(HostUids.FAMILY);
      boolean needed =
          family ? used.contains(lease.getKey()) : store.find(lease.getValue()).isPresent();
      if (!needed) {
        state.uids().release(lease.getKey());
      }
    }
  }

  private static Set<Integer> used(LocalState state, SandboxStore store) throws IOException {
    Set<Integer> used = new HashSet<>();
    for (SandboxDirectory directory : store.all()) {
      Optional<SandboxRecord> record = directory.read();
      OptionalInt uid = record.map(Records::uid).orElse(OptionalInt.empty());
      uid.ifPresent(used::add);
    }
    SnapshotRecord.all(state.snapshots()).forEach(snapshot -> snapshot.uid().ifPresent(used::add));
    return used;
  }
}
