package dev.dunes.provider.cloud;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.TerminalSize;
import java.util.OptionalLong;

/** A process that runs at a vendor, as raw as the vendor gives it. */
public interface VendorProcess extends AutoCloseable {
  /**
   * What it does next; blocks. Only one thread asks. Throws a {@link SandboxException} when the
   * process can no longer be followed.
   */
  VendorEvent next();

  /** Gives it input; blocks until the vendor has taken it. */
  void write(byte[] data);

  /** Ends its input. */
  void closeInput();

  /** Tells its terminal a new size. */
  void resize(TerminalSize size);

  /** Its process id in the sandbox, where the vendor says it. */
  OptionalLong pid();

  /**
   * Lets go of it; {@link #next} throws from then on. Does not end the process. May be repeated.
   */
  @Override
  void close();
}
