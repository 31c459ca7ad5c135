"""What runs in a sandbox, by the published SDK, unmodified: python e2b_envd.py URL KEY SCENARIO

Says "ok" at the end; what goes wrong ends the process with 1."""
import os
import sys
import time

url, key, scenario = sys.argv[1:4]
os.environ.update(E2B_API_URL=url, E2B_SANDBOX_URL=url, E2B_API_KEY=key, E2B_VALIDATE_API_KEY="false")

from e2b import CommandExitException, NotFoundException, PtySize, Sandbox  # noqa: E402


def until(what, holds):
    limit = time.time() + 60
    while not holds():
        assert time.time() < limit, what
        time.sleep(0.01)


def commands(box):
    hello = box.commands.run("echo hi; echo oops >&2; pwd")
    assert (hello.exit_code, hello.stdout, hello.stderr) == (0, "hi\n/home/user\n", "oops\n"), hello
    try:
        box.commands.run("exit 3")
        raise AssertionError("it must fail")
    except CommandExitException as e:
        assert e.exit_code == 3
    cat = box.commands.run("cat", background=True, stdin=True)
    assert any(p.pid == cat.pid for p in box.commands.list())
    box.commands.send_stdin(cat.pid, "one\n")
    box.commands.close_stdin(cat.pid)
    assert cat.wait().stdout == "one\n"
    sleeper = box.commands.run("sleep 1000", background=True)
    assert sleeper.kill() is True
    assert box.commands.kill(sleeper.pid) is False
    reader = box.commands.run("read x; echo got $x", background=True, stdin=True)
    again = box.commands.connect(reader.pid)
    box.commands.send_stdin(reader.pid, "this\n")
    assert again.wait().stdout == "got this\n"


def files(box):
    box.files.write("d/é.txt", "text ü")
    assert box.files.read("d/é.txt") == "text ü"
    data = bytes(i % 251 for i in range(2_000_000))
    box.files.write("b.bin", data)
    assert bytes(box.files.read("b.bin", format="bytes")) == data
    assert [(e.name, e.path) for e in box.files.list("d")] == [("é.txt", "/home/user/d/é.txt")]
    assert box.files.make_dir("n") is True
    assert box.files.make_dir("n") is False
    box.files.rename("d/é.txt", "d/moved")
    assert box.files.exists("d/moved") and not box.files.exists("d/é.txt")
    info = box.files.get_info("d/moved")
    assert (info.size, info.owner, info.permissions) == (7, "user", "-rw-r--r--"), info
    watch = box.files.watch_dir("n")
    box.files.write("n/f", "1")
    seen = []
    until("events", lambda: seen.extend(watch.get_new_events()) or any(e.name == "f" for e in seen))
    watch.stop()
    box.files.remove("d")
    assert not box.files.exists("d")
    try:
        box.files.read("none")
        raise AssertionError("it must fail")
    except NotFoundException:
        pass


def pty(box):
    screen = bytearray()
    terminal = box.pty.create(PtySize(rows=11, cols=77))
    box.pty.resize(terminal.pid, PtySize(rows=30, cols=100))
    box.pty.send_stdin(terminal.pid, b"stty size; exit 5\n")
    try:
        terminal.wait(on_pty=screen.extend)
    except CommandExitException as e:
        assert e.exit_code == 5
    assert b"30 100" in screen, screen


def binary(box):
    """The same services as protocol buffers, with the messages another implementation makes."""
    from e2b.envd.filesystem import filesystem_connect, filesystem_pb
    from e2b.envd.process import process_connect, process_pb
    from protobuf import Oneof

    plain = {"send_compression": None, "accept_compression": ()}
    headers = {"E2b-Sandbox-Id": box.sandbox_id, "E2b-Sandbox-Port": "49983"}
    token = box._envd_access_token
    if token:
        headers["X-Access-Token"] = token
    process = process_connect.ProcessClientSync(url, **plain)
    config = process_pb.ProcessConfig(
        cmd="/bin/sh", args=["-c", 'echo "$A"; cat; exit 3'], envs={"A": "ü"}, cwd="/tmp"
    )
    events = process.start(process_pb.StartRequest(process=config, tag="t", stdin=True), headers=headers)
    first = next(events).event.event
    assert first.field == "start" and first.value.pid > 0, first
    selector = process_pb.ProcessSelector(selector=Oneof("tag", "t"))
    listed = process.list(process_pb.ListRequest(), headers=headers).processes
    assert [(p.pid, p.tag, p.config.cwd, dict(p.config.envs)) for p in listed] == [
        (first.value.pid, "t", "/tmp", {"A": "ü"})
    ], listed

    def input_messages():
        yield process_pb.StreamInputRequest(
            event=Oneof("start", process_pb.StreamInputRequest.StartEvent(process=selector))
        )
        for part in (b"a", b"\x00\xff"):
            yield process_pb.StreamInputRequest(
                event=Oneof(
                    "data",
                    process_pb.StreamInputRequest.DataEvent(
                        input=process_pb.ProcessInput(input=Oneof("stdin", part))
                    ),
                )
            )

    process.stream_input(input_messages(), headers=headers)
    process.close_stdin(process_pb.CloseStdinRequest(process=selector), headers=headers)
    output, end = b"", None
    for message in events:
        event = message.event.event
        if event.field == "data":
            output += event.value.output.value
        else:
            end = event.value
    assert output == "ü\n".encode() + b"a\x00\xff", output
    assert (end.exit_code, end.exited, end.status, end.error) == (3, True, "exit status 3", "exit status 3"), end

    files = filesystem_connect.FilesystemClientSync(url, **plain)
    box.files.write("p/f", "12345")
    entries = files.list_dir(filesystem_pb.ListDirRequest(path="p", depth=1), headers=headers).entries
    assert [(e.name, e.size, e.mode, e.owner) for e in entries] == [("f", 5, 0o644, "user")], entries
    assert abs(entries[0].modified_time.seconds - time.time()) < 600, entries[0]


box = Sandbox.create()
try:
    {"commands": commands, "files": files, "pty": pty, "binary": binary}[scenario](box)
finally:
    box.kill()
print("ok")
