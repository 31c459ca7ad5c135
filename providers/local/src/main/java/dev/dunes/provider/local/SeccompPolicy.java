package dev.dunes.provider.local;

import java.util.Set;

/**
 * Which system calls a sandbox may make. The set follows Docker's default profile for a container
 * without capabilities, and refuses besides what reaches into other processes ({@code ptrace},
 * {@code process_vm_*}) and every address family but Unix, IP and netlink.
 */
final class SeccompPolicy {
  /**
   * Refused with EPERM. Whatever the kernel has and the table does not know is answered with
   * ENOSYS.
   */
  static final Set<String> REFUSED =
      Set.of(
          // other processes and the kernel's view of them
          "ptrace",
          "process_vm_readv",
          "process_vm_writev",
          "process_madvise",
          "pidfd_getfd",
          "kcmp",
          "lookup_dcookie",
          "perf_event_open",
          "userfaultfd",
          "syslog",
          // namespaces and mounts
          "unshare",
          "setns",
          "mount",
          "umount2",
          "pivot_root",
          "chroot",
          "open_tree",
          "move_mount",
          "fsopen",
          "fsconfig",
          "fsmount",
          "fspick",
          "mount_setattr",
          "open_by_handle_at",
          "fanotify_init",
          // keys, programs and queues inside the kernel
          "add_key",
          "request_key",
          "keyctl",
          "bpf",
          "io_uring_setup",
          "io_uring_enter",
          "io_uring_register",
          "lsm_set_self_attr",
          // the machine
          "init_module",
          "finit_module",
          "delete_module",
          "create_module",
          "query_module",
          "get_kernel_syms",
          "kexec_load",
          "kexec_file_load",
          "reboot",
          "swapon",
          "swapoff",
          "acct",
          "quotactl",
          "quotactl_fd",
          "settimeofday",
          "clock_settime",
          "sethostname",
          "setdomainname",
          "iopl",
          "ioperm",
          "vhangup",
          "mbind",
          "set_mempolicy",
          "set_mempolicy_home_node",
          "migrate_pages",
          "move_pages",
          // long obsolete
          "uselib",
          "ustat",
          "sysfs",
          "_sysctl",
          "nfsservctl",
          "getpmsg",
          "putpmsg",
          "afs_syscall",
          "tuxcall",
          "security",
          "vserver",
          "modify_ldt");

  /**
   * Answered with ENOSYS, so that the C library falls back to {@code clone}, whose flags a filter
   * can see.
   */
  static final Set<String> ABSENT = Set.of("clone3");

  /** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
  static final int CLONE_NAMESPACES = 0x7E020000;

  /** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; everything else is EAFNOSUPPORT. */
  static final int[] ADDRESS_FAMILIES = {1, 2, 10, 16};

  /** PER_LINUX, PER_LINUX32, UNAME26, both, and the question which one it is. */
  static final int[] PERSONALITIES = {0, 8, 0x20000, 0x20008, -1};

  /** TIOCSTI (types into a terminal) and TIOCLINUX (the console's clipboard). */
  static final int[] REFUSED_IOCTLS = {0x5412, 0x541C};

  private SeccompPolicy() {}
}
