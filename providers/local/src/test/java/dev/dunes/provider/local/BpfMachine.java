package dev.dunes.provider.local;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Runs a seccomp filter as the kernel does: classic BPF over {@code struct seccomp_data}. Knows
 * only what filters use.
 */
final class BpfMachine {
  private static final int INSTRUCTION = 8;

  private final byte[] program;

  BpfMachine(byte[] program) {
    this.program = program;
  }

  int length() {
    return program.length / INSTRUCTION;
  }

  private ByteBuffer at(int index) {
    return ByteBuffer.wrap(program, index * INSTRUCTION, INSTRUCTION)
        .slice()
        .order(ByteOrder.nativeOrder());
  }

  /** Every way through the program leads forward, stays inside, and ends in a return. */
  void verify() {
    for (int i = 0; i < length(); i++) {
      ByteBuffer b = at(i);
      int code = b.getShort(0) & 0xFFFF;
      int farthest = i + 1 + (code == 0x06 ? -1 : Math.max(b.get(2) & 0xFF, b.get(3) & 0xFF));
      if (farthest >= length()) {
        throw new AssertionError("instruction %d leads out of the program".formatted(i));
      }
      if (code == 0x20 && (b.getInt(4) % 4 != 0 || b.getInt(4) > 60)) {
        throw new AssertionError("instruction %d loads from %d".formatted(i, b.getInt(4)));
      }
    }
  }

  int run(int arch, int number, long... arguments) {
    ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());
    data.putInt(0, number).putInt(4, arch);
    for (int i = 0; i < arguments.length; i++) {
      data.putLong(16 + 8 * i, arguments[i]);
    }
    int accumulator = 0;
    int at = 0;
    while (true) {
      ByteBuffer b = at(at);
      int value = b.getInt(4);
      at++;
      switch (b.getShort(0) & 0xFFFF) {
        case 0x20 -> accumulator = data.getInt(value);
        case 0x15 -> at += (accumulator == value ? b.get(2) : b.get(3)) & 0xFF;
        case 0x35 ->
            at += (Integer.compareUnsigned(accumulator, value) >= 0 ? b.get(2) : b.get(3)) & 0xFF;
        case 0x45 -> at += ((accumulator & value) != 0 ? b.get(2) : b.get(3)) & 0xFF;
        case 0x06 -> {
          return value;
        }
        default -> throw new AssertionError("an instruction nobody uses: " + b.getShort(0));
      }
    }
  }
}
