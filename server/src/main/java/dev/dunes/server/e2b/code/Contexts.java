package dev.dunes.server.e2b.code;

import dev.dunes.sandbox.Sandbox;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** The contexts of one sandbox. Safe for use by several threads. */
final class Contexts {
  static final String HOME = "/home/user";

  /** Those that are there from the beginning, where the sandbox can run them. E2B wire 2.10. */
  private static final List<Language> FIRST = List.of(Language.PYTHON, Language.JAVASCRIPT);

  private static final int MOST = 32;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, CodeContext> all = new LinkedHashMap<>();
  private final Map<Language, CodeContext> usual = new EnumMap<>(Language.class);
  private boolean looked;

  /** All contexts, those that nobody had to ask for first. */
  List<CodeContext> list(Sandbox sandbox) {
    lock.lock();
    try {
      if (!looked) {
        FIRST.stream().filter(language -> runs(sandbox, language)).forEach(this::usualNow);
        looked = true;
      }
      return new ArrayList<>(all.values());
    } finally {
      lock.unlock();
    }
  }

  private static boolean runs(Sandbox sandbox, Language language) {
    try {
      Kernels.check(sandbox, language, HOME);
      return true;
    } catch (KernelException e) {
      return false; // then there is none, which whoever asks for it is told
    }
  }

  /** The context for code that names none. */
  CodeContext usual(Language language) {
    lock.lock();
    try {
      return usualNow(language);
    } finally {
      lock.unlock();
    }
  }

  private CodeContext usualNow(Language language) {
    CodeContext known = usual.get(language);
    if (known == null) {
      known = new CodeContext(language, HOME);
      usual.put(language, known);
      all.put(known.id(), known);
    }
    return known;
  }

  Optional<CodeContext> find(String id) {
    lock.lock();
    try {
      return Optional.ofNullable(all.get(id));
    } finally {
      lock.unlock();
    }
  }

  /**
   * A new context, with its kernel.
   *
   * @throws KernelException when it cannot be had
   */
  CodeContext create(Sandbox sandbox, Language language, String cwd) throws InterruptedException {
    CodeContext made = new CodeContext(language, cwd);
    list(sandbox); // those that were there before it come before it
    lock.lock();
    try {
      if (all.size() >= MOST) {
        throw new KernelException(
            "the sandbox has %d contexts; remove one first".formatted(all.size()));
      }
      all.put(made.id(), made);
    } finally {
      lock.unlock();
    }
    boolean ready = false;
    try {
      made.ready(sandbox);
      ready = true;
      return made;
    } finally {
      if (!ready) {
        remove(made.id());
      }
    }
  }

  /** Removes one with its kernel; false when it is not there. */
  boolean remove(String id) {
    CodeContext gone;
    lock.lock();
    try {
      gone = all.remove(id);
      if (gone != null) {
        usual.remove(gone.language(), gone);
      }
    } finally {
      lock.unlock();
    }
    if (gone != null) {
      gone.remove();
    }
    return gone != null;
  }

  /** Ends all kernels. */
  void close() {
    List<CodeContext> rest;
    lock.lock();
    try {
      rest = new ArrayList<>(all.values());
    } finally {
      lock.unlock();
    }
    rest.forEach(CodeContext::remove);
  }
}
