"""The published client e2b, unmodified, in a template with a WORKDIR: prints "ok NAME" for each thing it does.

Arguments: the template, and where its commands start. The server is named by E2B_* variables.
"""

import sys

from e2b import PtySize, Sandbox


def done(name):
    print(f"ok {name}")


template, place = sys.argv[1:]
with Sandbox.create(template) as sandbox:
    assert sandbox.commands.run("pwd").stdout.strip() == place
    assert sandbox.commands.run("pwd", cwd="/tmp").stdout.strip() == "/tmp"
    assert sandbox.commands.run("pwd", cwd="~").stdout.strip() == "/home/user"
    done("commands")
    shown = []
    terminal = sandbox.pty.create(size=PtySize(rows=24, cols=80))
    sandbox.pty.send_stdin(terminal.pid, b'echo "in=$PWD="; exit\n')
    terminal.wait(on_pty=lambda data: shown.append(data))
    assert f"in={place}=".encode() in b"".join(shown), shown
    done("terminals")
    assert sandbox.files.write("relative", "x").path == "/home/user/relative"
    assert "copied" in [entry.name for entry in sandbox.files.list("")]
    done("files")
    sandbox.kill()
