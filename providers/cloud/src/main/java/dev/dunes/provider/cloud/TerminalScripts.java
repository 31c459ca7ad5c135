package dev.dunes.provider.cloud;

/**
 * Terminals for vendors who have none: a command in the sandbox opens one, and what it shows is its
 * output. What is typed is its input. It needs {@code python3}, or {@code script} of util-linux.
 */
final class TerminalScripts {
  /**
   * A function for scripts: {@code on_terminal SIZE BEGIN PROGRAM…} becomes a program on a new
   * terminal of {@code ROWS COLUMNS}, whose path it says on channel 3 as {@code t PATH}; {@code x
   * terminal} when it cannot. The program is begun by the shell line {@code BEGIN}. It ends with
   * the program, as the program ended, once all was passed on that was written before.
   *
   * <p>What is typed is passed on also while nobody reads what is shown, so that it can be
   * interrupted then. A reader that is slow makes the program wait, and nothing is kept.
   */
  static final String ON_TERMINAL =
      """
      on_terminal() {
        z=$1; b=$2; shift 2
        [ -n "${TERM:-}" ] || export TERM=xterm-256color
        if command -v python3 >/dev/null; then exec python3 -c '
      import fcntl, os, select, signal, struct, sys, termios
      rows, columns = int(sys.argv[1]), int(sys.argv[2])
      terminal, side = os.openpty()
      fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
      os.write(3, b"t " + os.ttyname(side).encode() + b"\\n")
      child = os.fork()
      if child == 0:
          try:
              os.setsid()
              fcntl.ioctl(side, termios.TIOCSCTTY, 0)
              for channel in (0, 1, 2): os.dup2(side, channel)
              for channel in (terminal, side):
                  if channel > 2: os.close(channel)
              for name in ("SIGPIPE", "SIGXFSZ"): signal.signal(getattr(signal, name), signal.SIG_DFL)
              os.execvp(sys.argv[3], sys.argv[3:])
          finally:
              os._exit(127)
      os.close(side)
      os.close(3)
      bell, ring = os.pipe()
      for channel in (terminal, bell, ring): os.set_blocking(channel, False)
      signal.signal(signal.SIGCHLD, lambda *_: None)
      signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
      shown = os.open("/proc/self/fd/1", os.O_WRONLY | os.O_NONBLOCK)
      typed, show, more, code = b"", b"", True, None
      while True:
          if code is None:
              gone, how = os.waitpid(child, os.WNOHANG)
              if gone:
                  code = 128 + os.WTERMSIG(how) if os.WIFSIGNALED(how) else os.WEXITSTATUS(how)
          if code is not None and not show:
              try: show = os.read(terminal, 65536)
              except OSError: pass
              if not show: os._exit(code)
          readers = [bell]
          if not show and code is None: readers.append(terminal)
          if more and not typed and code is None: readers.append(0)
          writers = ([shown] if show else []) + ([terminal] if typed and code is None else [])
          readers, writers, _ = select.select(readers, writers, [])
          if bell in readers: os.read(bell, 4096)
          try:
              if terminal in readers: show = os.read(terminal, 65536)
          except BlockingIOError: pass
          except OSError:
              _, how = os.waitpid(child, 0)
              os._exit(128 + os.WTERMSIG(how) if os.WIFSIGNALED(how) else os.WEXITSTATUS(how))
          if 0 in readers:
              typed = os.read(0, 4096)
              more = bool(typed)
          try:
              if terminal in writers: typed = typed[os.write(terminal, typed):]
          except BlockingIOError: pass
          except OSError: typed = b""
          try:
              if shown in writers: show = show[os.write(shown, show):]
          except BlockingIOError: pass
          except OSError: os._exit(1)
      ' $z sh -c "$b" dunes "$@"; fi
        case "$(script -V 2>/dev/null)" in *util-linux*) ;; *) echo "x terminal" >&3; exit 125 ;; esac
        if [ -n "${SHELL:-}" ]; then set -- env "SHELL=$SHELL" sh -c "$b" dunes "$@"
        else set -- env -u SHELL sh -c "$b" dunes "$@"; fi
        r=
        for a; do
          v=$(printf '%s.' "$a" | sed "s/'/'\\\\\\\\''/g")
          r="$r '${v%.}'"
        done
        SHELL=/bin/sh exec script -qefc \\
          "stty echo rows ${z% *} columns ${z#* }; echo \\"t \\$(tty)\\" >&3; exec$r" /dev/null
      }
      """;

  /** {@code PATH ROWS COLUMNS}: the kernel tells whoever is in front of it. */
  static final String RESIZE =
      """
      stty -F "$1" rows "$2" columns "$3" 2>/dev/null || python3 -c '
      import fcntl, os, struct, sys, termios
      terminal = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
      fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *map(int, sys.argv[2:4]), 0, 0))
      ' "$@"
      """;

  private TerminalScripts() {}
}
