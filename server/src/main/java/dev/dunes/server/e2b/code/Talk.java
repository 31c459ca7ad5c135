package dev.dunes.server.e2b.code;

import dev.dunes.sandbox.OutputChunk;

/** How one kind of kernel is spoken with. Used by one thread at a time, but for what it asks. */
interface Talk {
  /** Takes what a kernel says. */
  @FunctionalInterface
  interface Listener {
    void hear(KernelEvent event) throws InterruptedException;
  }

  /** What makes the kernel run a cell; nothing of an earlier one is understood after this. */
  byte[] request(Cell cell);

  /** Whether it has begun with the cell it was given last; true where kernels do not tell. */
  boolean begun();

  /** What makes it stop one, besides the signal. */
  byte[] interrupt();

  /**
   * Understands some output.
   *
   * @throws KernelException when it makes no sense
   */
  void take(OutputChunk chunk, Listener listener) throws InterruptedException;

  /** Whether the kernel has said that it takes cells. */
  boolean ready();

  /** What it said about why it cannot; may be empty. */
  String complaint();
}
