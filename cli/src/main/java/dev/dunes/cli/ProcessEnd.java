package dev.dunes.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.concurrent.FutureTask;

/**
 * Ends the process without the 300 ms for which the JVM waits on its way out while one of its
 * threads is in a system call. There is always one once a virtual thread has used a socket (the
 * JDK's poller), so every command that talks to a sandbox would be that much slower. The C
 * library's {@code _exit} waits for nobody; it runs no shutdown hooks either, so everything is
 * closed before.
 */
final class ProcessEnd {
  private static final FutureTask<Optional<MethodHandle>> AT_ONCE =
      new FutureTask<>(ProcessEnd::lookUp);
  private static volatile boolean wanted;

  private ProcessEnd() {}

  /** Gets ready, beside whatever else is done. Without this, the process ends the usual way. */
  static void prepare() {
    wanted = true;
    Thread.ofPlatform().daemon().name("process end").start(AT_ONCE);
  }

  /** Does not return. */
  static void exit(int code) {
    if (wanted) {
      try {
        Optional<MethodHandle> exit = AT_ONCE.get();
        if (exit.isPresent()) {
          exit.get().invokeExact(code);
        }
      } catch (Throwable e) {
        // Then the usual way.
      }
    }
    System.exit(code);
  }

  @SuppressWarnings("restricted") // asked before it is used
  private static Optional<MethodHandle> lookUp() {
    if (!ProcessEnd.class.getModule().isNativeAccessEnabled()) {
      return Optional.empty(); // the JVM would print a warning
    }
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find("_exit")
        .map(address ->
            linker.downcallHandle(address, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)));
  }
}
