package dev.dunes.provider.local;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Compiles {@link SeccompPolicy} into the classic BPF program that bubblewrap loads (an array of
 * {@code struct sock_filter}, seccomp(2)). A balanced tree over ranges of numbers: about seven
 * comparisons a call.
 */
final class SeccompFilter {
  private static final int LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
  private static final int JUMP_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
  private static final int JUMP_AT_LEAST = 0x35; // BPF_JMP | BPF_JGE | BPF_K
  private static final int JUMP_ANY_BIT = 0x45; // BPF_JMP | BPF_JSET | BPF_K
  private static final int RETURN = 0x06; // BPF_RET | BPF_K

  private static final int ALLOW = 0x7FFF0000;
  private static final int KILL_PROCESS = 0x80000000;
  private static final int ERRNO = 0x00050000;
  private static final int EPERM = ERRNO | 1;
  private static final int ENOSYS = ERRNO | 38;
  private static final int EAFNOSUPPORT = ERRNO | 97;

  private static final int OFFSET_NUMBER = 0;
  private static final int OFFSET_ARCH = 4;
  private static final int OFFSET_ARGUMENTS = 16;

  private static final int LONGEST_JUMP = 255;

  private record Instruction(int code, int ifTrue, int ifFalse, int value) {}

  /** Consecutive numbers, from {@code first} to the next range's, that are treated alike. */
  private record Range(int first, List<Instruction> action) {}

  private SeccompFilter() {}

  /** The program, in this machine's byte order. */
  static byte[] compile(SyscallTable table) {
    List<Instruction> program = new ArrayList<>();
    program.add(new Instruction(LOAD, 0, 0, OFFSET_ARCH));
    program.add(new Instruction(JUMP_EQUAL, 1, 0, table.auditArch()));
    program.add(
        new Instruction(
            RETURN, 0, 0, KILL_PROCESS)); // 32-bit and x32 calls would mean other numbers
    program.add(new Instruction(LOAD, 0, 0, OFFSET_NUMBER));
    program.addAll(tree(ranges(table)));
    ByteBuffer bytes = ByteBuffer.allocate(program.size() * 8).order(ByteOrder.nativeOrder());
    for (Instruction each : program) {
      bytes
          .putShort((short) each.code)
          .put((byte) each.ifTrue)
          .put((byte) each.ifFalse)
          .putInt(each.value);
    }
    return bytes.array();
  }

  private static List<Range> ranges(SyscallTable table) {
    List<Range> ranges = new ArrayList<>();
    int next = 0;
    for (Map.Entry<Integer, String> call : table.names().entrySet()) {
      if (call.getKey() > next) {
        append(ranges, next, answer(ENOSYS));
      }
      append(ranges, call.getKey(), action(call.getValue()));
      next = call.getKey() + 1;
    }
    append(ranges, next, answer(ENOSYS));
    return ranges;
  }

  private static void append(List<Range> ranges, int first, List<Instruction> action) {
    if (ranges.isEmpty() || !ranges.getLast().action.equals(action)) {
      ranges.add(new Range(first, action));
    }
  }

  private static List<Instruction> action(String name) {
    if (SeccompPolicy.REFUSED.contains(name)) {
      return answer(EPERM);
    }
    if (SeccompPolicy.ABSENT.contains(name)) {
      return answer(ENOSYS);
    }
    return switch (name) {
      case "clone" ->
          List.of(
              loadArgument(0),
              new Instruction(JUMP_ANY_BIT, 0, 1, SeccompPolicy.CLONE_NAMESPACES),
              new Instruction(RETURN, 0, 0, EPERM),
              new Instruction(RETURN, 0, 0, ALLOW));
      case "socket", "socketpair" -> oneOf(0, SeccompPolicy.ADDRESS_FAMILIES, ALLOW, EAFNOSUPPORT);
      case "personality" -> oneOf(0, SeccompPolicy.PERSONALITIES, ALLOW, EPERM);
      case "ioctl" -> oneOf(1, SeccompPolicy.REFUSED_IOCTLS, EPERM, ALLOW);
      default -> answer(ALLOW);
    };
  }

  /**
   * Compares the lower half of an argument, which is all the kernel itself looks at for these
   * calls.
   */
  private static List<Instruction> oneOf(int argument, int[] values, int then, int otherwise) {
    List<Instruction> code = new ArrayList<>();
    code.add(loadArgument(argument));
    for (int i = 0; i < values.length; i++) {
      code.add(new Instruction(JUMP_EQUAL, values.length - i, 0, values[i]));
    }
    code.add(new Instruction(RETURN, 0, 0, otherwise));
    code.add(new Instruction(RETURN, 0, 0, then));
    return code;
  }

  private static List<Instruction> answer(int verdict) {
    return List.of(new Instruction(RETURN, 0, 0, verdict));
  }

  private static Instruction loadArgument(int index) {
    int offset = OFFSET_ARGUMENTS + 8 * index;
    return new Instruction(
        LOAD, 0, 0, ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? offset : offset + 4);
  }

  private static List<Instruction> tree(List<Range> ranges) {
    if (ranges.size() == 1) {
      return ranges.getFirst().action;
    }
    int middle = ranges.size() / 2;
    List<Instruction> low = tree(ranges.subList(0, middle));
    List<Instruction> high = tree(ranges.subList(middle, ranges.size()));
    if (low.size() > LONGEST_JUMP) {
      throw new IllegalStateException(
          "a jump over " + low.size() + " instructions cannot be encoded");
    }
    List<Instruction> code = new ArrayList<>();
    code.add(new Instruction(JUMP_AT_LEAST, low.size(), 0, ranges.get(middle).first));
    code.addAll(low);
    code.addAll(high);
    return code;
  }
}
