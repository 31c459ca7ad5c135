"""Runs a command (`ds shell`) on a terminal and talks to it as a person would.

Ends with 0 when everything was as it should be, else says what was not.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

LIMIT = 60


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Terminal:
    def __init__(self, command):
        self.seen = b""
        # Our side keeps the terminal open, so that its modes can be seen after the command's end.
        self.fd, self.slave = pty.openpty()
        set_size(self.slave, 40, 100)
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for descriptor in (0, 1, 2):
                os.dup2(self.slave, descriptor)
            os.closerange(3, 64)
            os.execvp(command[0], command)

    def say(self, text):
        os.write(self.fd, text)

    def expect(self, text):
        end = time.time() + LIMIT
        while text not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.time()))
            if not ready:
                sys.exit("waited in vain for %r, saw %r" % (text, self.seen))
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                more = b""
            if not more:
                sys.exit("ended before %r, saw %r" % (text, self.seen))
            self.seen += more
        self.seen = self.seen[self.seen.index(text) + len(text):]

    def modes(self):
        return termios.tcgetattr(self.slave)


def main():
    terminal = Terminal(sys.argv[1:])
    before = terminal.modes()
    # What is typed is echoed; arithmetic keeps what is expected apart from its echo.
    terminal.say(b"test -t 0 && echo tty-$((40+2))\n")
    terminal.expect(b"tty-42")
    if terminal.modes()[3] & termios.ICANON:
        sys.exit("our terminal is not raw")
    terminal.say(b"echo size-$(stty size)-$((1+1))\n")
    terminal.expect(b"size-40 100-2")
    set_size(terminal.fd, 50, 120)
    os.kill(terminal.pid, signal.SIGWINCH)
    end = time.time() + LIMIT
    while True:
        terminal.say(b"echo size-$(stty size)-$((1+2))\n")
        terminal.expect(b"size-")
        terminal.expect(b"-3")
        terminal.say(b"test \"$(stty size)\" = '50 120' && echo resized-$((1+3)) || echo waiting-$((1+4))\n")
        time.sleep(0.5)
        ready, _, _ = select.select([terminal.fd], [], [], LIMIT)
        terminal.seen += os.read(terminal.fd, 65536) if ready else b""
        if b"resized-4" in terminal.seen:
            break
        if time.time() > end:
            sys.exit("the size did not change: %r" % terminal.seen)
    # Ctrl-C reaches the program in the sandbox and nobody else.
    terminal.say(b"sleep 100; echo after-$((1+5))\n")
    time.sleep(1)
    terminal.say(b"\x03")
    terminal.say(b"echo code-$?-$((1+6))\n")
    terminal.expect(b"code-130-7")
    terminal.say(b"exit 5\n")
    end = time.time() + LIMIT
    ended, status = 0, 0
    while not ended:
        ended, status = os.waitpid(terminal.pid, os.WNOHANG)
        if select.select([terminal.fd], [], [], 0.1)[0]:
            os.read(terminal.fd, 65536)
        if time.time() > end:
            sys.exit("did not end")
    if os.waitstatus_to_exitcode(status) != 5:
        sys.exit("exit status %r" % status)
    if terminal.modes() != before:
        sys.exit("the terminal was not put back: %r %r" % (before, terminal.modes()))


main()
