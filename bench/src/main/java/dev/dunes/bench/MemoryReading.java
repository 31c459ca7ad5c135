package dev.dunes.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * Memory at one moment, in bytes.
 *
 * @param available what the kernel would give to new programs
 * @param kernel the kernel's own objects, stacks and page tables
 * @param heap objects in this JVM that are alive
 * @param resident everything of this JVM that is in memory and its own
 */
record MemoryReading(long available, long kernel, long heap, long resident) {
  private static final int SETTLE_MILLIS = 300;

  /** After a collection of garbage, and a moment for the kernel to finish what it puts off. */
  static MemoryReading now() throws IOException, InterruptedException {
    for (int i = 0; i < 2; i++) {
      System.gc();
      Thread.sleep(SETTLE_MILLIS);
    }
    List<String> machine = Files.readAllLines(Path.of("/proc/meminfo"));
    List<String> own = Files.readAllLines(Path.of("/proc/self/smaps_rollup"));
    return new MemoryReading(
        field(machine, "MemAvailable:"),
        kernel(machine),
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
        field(own, "Private_Dirty:"));
  }

  private static long kernel(List<String> machine) throws IOException {
    long sum = 0;
    for (String name : List.of("Slab:", "KernelStack:", "PageTables:", "Percpu:")) {
      sum += field(machine, name);
    }
    return sum;
  }

  /** The shares of these processes: memory that several share counts for each by its part. */
  static long proportional(Collection<Long> processes) throws IOException {
    long sum = 0;
    for (long pid : processes) {
      sum +=
          field(Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps_rollup")), "Pss:");
    }
    return sum;
  }

  private static long field(List<String> lines, String name) throws IOException {
    for (String line : lines) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.substring(name.length()).replace("kB", "").strip()) * 1024;
      }
    }
    throw new IOException("the kernel does not tell " + name);
  }
}
