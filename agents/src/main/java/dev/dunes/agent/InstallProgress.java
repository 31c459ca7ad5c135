package dev.dunes.agent;

/** Hears how an installation goes on. Steps come from one thread at a time. */
public interface InstallProgress {
  /** Hears nothing. */
  InstallProgress SILENT = new InstallProgress() {};

  /**
   * So much has been done of one step.
   *
   * @param step such as {@code download claude 2.1.329}
   * @param done bytes so far
   * @param total bytes in all, or −1 when unknown
   */
  default void step(String step, long done, long total) {}

  /** Whether to install anew what is there already. */
  default boolean anew() {
    return false;
  }
}
