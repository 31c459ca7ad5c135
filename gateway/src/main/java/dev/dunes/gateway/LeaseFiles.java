package dev.dunes.gateway;

import dev.dunes.gateway.cassette.Cassette;
import dev.dunes.gateway.cassette.CassetteWriter;
import dev.dunes.gateway.cassette.Scrubber;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What a lease reads from and writes to. */
record LeaseFiles(
    Optional<Cassette> replay, Optional<CassetteWriter> recording, Scrubber scrubber) {
  static LeaseFiles open(LeaseSpec spec) {
    List<Secret> secrets =
        spec.upstreams().values().stream()
            .flatMap(upstream -> upstream.auth().secrets().stream())
            .toList();
    Scrubber scrubber = new Scrubber(secrets);
    Optional<Cassette> replay = Optional.empty();
    Optional<CassetteWriter> recording = Optional.empty();
    try {
      if (spec.replayFrom().isPresent()) {
        replay = Optional.of(Cassette.read(spec.replayFrom().get()));
      }
      if (spec.recordTo().isPresent()) {
        recording = Optional.of(new CassetteWriter(spec.recordTo().get(), scrubber));
      }
    } catch (IOException e) {
      throw new CassetteException("the cassette cannot be used: " + e, e);
    }
    return new LeaseFiles(replay, recording, scrubber);
  }
}
