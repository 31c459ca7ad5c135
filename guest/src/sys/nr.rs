//! System call numbers. Only calls that both architectures have are used, so that one spelling serves both.
use std::os::raw::c_long;

macro_rules! numbers {
    ($($name:ident $x86:literal $arm:literal;)*) => {
        $(
            #[cfg(target_arch = "x86_64")]
            pub const $name: c_long = $x86;
            #[cfg(target_arch = "aarch64")]
            pub const $name: c_long = $arm;
        )*
    };
}

numbers! {
    READ 0 63;
    WRITE 1 64;
    WRITEV 20 66;
    LSEEK 8 62;
    OPENAT 257 56;
    OPENAT2 437 437;
    CLOSE_RANGE 436 436;
    STATX 332 291;
    STATFS 137 43;
    GETDENTS64 217 61;
    UNLINKAT 263 35;
    MKDIRAT 258 34;
    MKNODAT 259 33;
    SYMLINKAT 266 36;
    LINKAT 265 37;
    RENAMEAT2 316 276;
    READLINKAT 267 78;
    FCHMOD 91 52;
    FCHMODAT 268 53;
    FCHOWNAT 260 54;
    UTIMENSAT 280 88;
    SETXATTR 188 5;
    GETXATTR 191 8;
    LISTXATTR 194 11;
    REMOVEXATTR 197 14;
    FTRUNCATE 77 46;
    EPOLL_CREATE1 291 20;
    EPOLL_CTL 233 21;
    EPOLL_PWAIT 281 22;
    SIGNALFD4 289 74;
    TIMERFD_CREATE 283 85;
    TIMERFD_SETTIME 286 86;
    RT_SIGACTION 13 134;
    RT_SIGPROCMASK 14 135;
    WAIT4 61 260;
    KILL 62 129;
    PRCTL 157 167;
    PIPE2 293 59;
    DUP3 292 24;
    FCNTL 72 25;
    FLOCK 73 32;
    IOCTL 16 29;
    SOCKET 41 198;
    BIND 49 200;
    LISTEN 50 201;
    ACCEPT4 288 242;
    CONNECT 42 203;
    GETSOCKOPT 55 209;
    SETSOCKOPT 54 208;
    SHUTDOWN 48 210;
    MMAP 9 222;
    MUNMAP 11 215;
    MADVISE 28 233;
    INOTIFY_INIT1 294 26;
    INOTIFY_ADD_WATCH 254 27;
    INOTIFY_RM_WATCH 255 28;
    SETSID 112 157;
    SETRESUID 117 147;
    SETRESGID 119 149;
    SETGROUPS 116 159;
    CHDIR 80 49;
    EXECVE 59 221;
    UMASK 95 166;
    UNSHARE 272 97;
    MOUNT 165 40;
    UMOUNT2 166 39;
    OPEN_TREE 428 428;
    MOVE_MOUNT 429 429;
    MOUNT_SETATTR 442 442;
    SETPRIORITY 141 140;
    PRLIMIT64 302 261;
    GETRANDOM 318 278;
    CLOCK_GETTIME 228 113;
    EXIT_GROUP 231 94;
    CAPSET 126 91;
    GETEUID 107 175;
}
