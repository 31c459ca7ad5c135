package dev.dunes.server.e2b;

import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Hosting;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

/**
 * Whose token made a signature. That cannot be read from it, so all tokens are tried once; then it
 * is remembered, and checked again each time. Safe for use by several threads.
 */
final class Signers {
  private static final int MOST = 10_000;
  private static final Pattern FORM = Pattern.compile("v1_[A-Za-z0-9+/]{43}");

  private final Hosting hosting;
  private final ReentrantLock lock = new ReentrantLock();

  /** The sandbox of a signature, the one that was not used for longest first. */
  private final Map<String, String> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
          return size() > MOST;
        }
      };

  Signers(Hosting hosting) {
    this.hosting = hosting;
  }

  /** The sandbox whose token makes this signature of what is signed. */
  Optional<String> of(FileSignature signed, String signature) {
    if (!FORM.matcher(signature).matches()) {
      return Optional.empty(); // nobody has to be asked
    }
    Optional<String> before = remembered(signature).filter(id -> made(signed, signature, id));
    if (before.isPresent()) {
      return before;
    }
    Optional<String> found = hosting.ofToken(signed.checker(signature));
    found.ifPresent(id -> remember(signature, id));
    return found;
  }

  private boolean made(FileSignature signed, String signature, String id) {
    return hosting
        .locate(id)
        .map(Hosting.Located::sandbox)
        .flatMap(HostedSandbox::accessToken)
        .filter(token -> signed.matches(signature, token))
        .isPresent();
  }

  private Optional<String> remembered(String signature) {
    lock.lock();
    try {
      return Optional.ofNullable(known.get(signature));
    } finally {
      lock.unlock();
    }
  }

  private void remember(String signature, String id) {
    lock.lock();
    try {
      known.put(signature, id);
    } finally {
      lock.unlock();
    }
  }
}
