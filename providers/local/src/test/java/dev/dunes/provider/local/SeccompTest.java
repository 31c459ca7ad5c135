package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The filter says about every call what the policy says, on both architectures. */
class SeccompTest {
  private static final int ALLOW = 0x7FFF0000;
  private static final int KILL = 0x80000000;
  private static final int EPERM = 0x50001;
  private static final int ENOSYS = 0x50000 | 38;
  private static final int EAFNOSUPPORT = 0x50000 | 97;
  private static final Set<String> BY_ARGUMENT =
      Set.of("clone", "socket", "socketpair", "personality", "ioctl");
  private static final int X32 = 0x40000000;
  private static final int HIGHEST = 2000;

  private record Filter(SyscallTable table, BpfMachine machine) {
    static Filter of(String architecture) {
      SyscallTable table = SyscallTable.of(architecture);
      return new Filter(table, new BpfMachine(SeccompFilter.compile(table)));
    }

    int call(int number, long... arguments) {
      return machine.run(table.auditArch(), number, arguments);
    }

    int call(String name, long... arguments) {
      int number =
          table.names().entrySet().stream()
              .filter(each -> each.getValue().equals(name))
              .findFirst()
              .orElseThrow()
              .getKey();
      return call(number, arguments);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x86_64", "aarch64"})
  void everyNumberGetsItsVerdict(String architecture) {
    Filter filter = Filter.of(architecture);
    filter.machine.verify();
    assertThat(filter.machine.length()).as("the kernel takes no more").isLessThanOrEqualTo(4096);
    for (int number = 0; number < HIGHEST; number++) {
      String name = filter.table.names().get(number);
      if (name != null && BY_ARGUMENT.contains(name)) {
        continue;
      }
      int expected =
          name == null || SeccompPolicy.ABSENT.contains(name)
              ? ENOSYS
              : SeccompPolicy.REFUSED.contains(name) ? EPERM : ALLOW;
      assertThat(filter.call(number)).as("%d %s", number, name).isEqualTo(expected);
    }
    for (int number :
        List.of(HIGHEST, X32, X32 + 1, X32 + 59, Integer.MAX_VALUE, Integer.MIN_VALUE, -1)) {
      assertThat(filter.call(number)).as("%d", number).isEqualTo(ENOSYS);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x86_64", "aarch64"})
  void anotherArchitectureIsTheEnd(String architecture) {
    Filter filter = Filter.of(architecture);
    for (int arch : List.of(0x40000003, 0x40000028, 0xC000003E, 0xC00000B7, 0, -1)) {
      int verdict = filter.machine.run(arch, 0);
      assertThat(verdict).isEqualTo(arch == filter.table.auditArch() ? filter.call(0) : KILL);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x86_64", "aarch64"})
  void argumentsAreLookedAt(String architecture) {
    Filter filter = Filter.of(architecture);
    for (int bit = 0; bit < 32; bit++) {
      long flag = 1L << bit;
      assertThat(filter.call("clone", flag))
          .as("clone %x", flag)
          .isEqualTo((flag & SeccompPolicy.CLONE_NAMESPACES) != 0 ? EPERM : ALLOW);
    }
    assertThat(filter.call("clone", 0x7D0F00)).as("a thread").isEqualTo(ALLOW);
    assertThat(filter.call("clone", 0x11 | 0x10000000)).as("a new user namespace").isEqualTo(EPERM);
    Set<Integer> families =
        new HashSet<>(Arrays.stream(SeccompPolicy.ADDRESS_FAMILIES).boxed().toList());
    for (int family = -1; family < 64; family++) {
      for (String name : List.of("socket", "socketpair")) {
        assertThat(filter.call(name, family, 1, 0))
            .as("%s %d", name, family)
            .isEqualTo(families.contains(family) ? ALLOW : EAFNOSUPPORT);
      }
    }
    // the kernel looks at the lower half only, and so must the filter
    assertThat(filter.call("socket", 0xABCD_0000_0000L | 1)).isEqualTo(ALLOW);
    assertThat(filter.call("socket", 0x1_0000_0000L | 38)).isEqualTo(EAFNOSUPPORT);
    assertThat(filter.call("ioctl", 0, 0xFFFF_0000_0000L | 0x5412))
        .as("TIOCSTI with rubbish above")
        .isEqualTo(EPERM);
    Map<Long, Integer> ioctls =
        Map.of(
            0x5412L, EPERM, 0x541CL, EPERM, 0x5411L, ALLOW, 0x5413L, ALLOW, 0x541BL, ALLOW, 0L,
            ALLOW);
    ioctls.forEach((request, verdict) ->
        assertThat(filter.call("ioctl", 0, request)).as("ioctl %x", request).isEqualTo(verdict));
    for (long persona : List.of(0L, 8L, 0x20000L, 0x20008L, 0xFFFFFFFFL)) {
      assertThat(filter.call("personality", persona)).isEqualTo(ALLOW);
    }
    for (long persona : List.of(0x40000L, 0x0040000L | 8, 1L, 0x20001L, 0xFFFFFFFEL)) {
      assertThat(filter.call("personality", persona)).isEqualTo(EPERM);
    }
  }

  @Test
  void everyNameOfThePolicyIsACall() {
    Set<String> known = new HashSet<>(SyscallTable.of("x86_64").names().values());
    known.addAll(SyscallTable.of("aarch64").names().values());
    Set<String> named = new HashSet<>(SeccompPolicy.REFUSED);
    named.addAll(SeccompPolicy.ABSENT);
    named.addAll(BY_ARGUMENT);
    named.removeAll(known);
    assertThat(named).isEmpty();
    assertThat(SeccompPolicy.REFUSED)
        .doesNotContainAnyElementsOf(SeccompPolicy.ABSENT)
        .doesNotContainAnyElementsOf(BY_ARGUMENT);
  }
}
