package dev.dunes.provider.cloud;

import java.io.OutputStream;

/** Contents on their way into a new file. {@code close()} says whether all have arrived. */
public abstract class FilePut extends OutputStream {
  protected FilePut() {}

  /** Breaks off; what has arrived may be left in the file. Only before {@code close()}. */
  public abstract void cancel();
}
