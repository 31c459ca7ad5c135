"""Runs cells of Python for the host, one after another, in one namespace that lasts.

Requests come as lines of JSON on the standard input that this program was started with, answers
leave as lines of JSON on its standard output. The code that runs here sees others: what is written
to descriptors 1 and 2, by whatever program, becomes answers too.
"""

import ast
import base64
import builtins
import codecs
import fcntl
import functools
import importlib.abc
import importlib.util
import inspect
import io
import json
import linecache
import os
import pprint
import re
import signal
import subprocess
import sys
import threading
import time
import types

REQUESTS = os.dup(0)
ANSWERS = os.dup(1)
LONGEST_ANSWER = 24 << 20
LONGEST_TEXT = 64 << 10
MOST_FRAMES = 30
CELL = re.compile(r"<cell In\[(\d+)\]>")


def cell_name(count):
    return "<cell In[%d]>" % count


# ---- answers ----


class Wire:
    """Writes answers, each as a whole: an interrupt waits until one is written."""

    def __init__(self):
        self.lock = threading.RLock()
        self.running = False
        self.writing = False
        self.interrupted = False

    def on_interrupt(self, number, frame):
        if not self.running:
            return
        if self.writing:
            self.interrupted = True
        else:
            raise KeyboardInterrupt

    def send(self, kind, **fields):
        line = json.dumps(dict(fields, t=kind), allow_nan=False).encode("ascii") + b"\n"
        if len(line) > LONGEST_ANSWER:
            line = json.dumps({
                "t": "out", "s": "stderr",
                "d": "a %s of %d bytes is too large to be shown\n" % (kind, len(line)),
            }).encode("ascii") + b"\n"
        main = threading.current_thread() is threading.main_thread()
        if main:
            self.writing = True
        try:
            with self.lock:
                view = memoryview(line)
                while view:
                    view = view[os.write(ANSWERS, view):]
        finally:
            if main:
                self.writing = False
        if main and self.interrupted and self.running:
            self.interrupted = False
            raise KeyboardInterrupt


WIRE = Wire()


class Raw(io.RawIOBase):
    """What Python code prints."""

    def __init__(self, name, descriptor):
        self.stream = name
        self.descriptor = descriptor
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self):
        return True

    def fileno(self):
        return self.descriptor

    def isatty(self):
        return False

    def write(self, data):
        data = bytes(data)
        text = self.decoder.decode(data)
        for start in range(0, len(text), LONGEST_TEXT):
            WIRE.send("out", s=self.stream, d=text[start:start + LONGEST_TEXT])
        return len(data)


def printer(name, descriptor):
    return io.TextIOWrapper(
        io.BufferedWriter(Raw(name, descriptor)), encoding="utf-8",
        errors="backslashreplace", line_buffering=True)


class Pipes:
    """What other programs, and code that is no Python, write to descriptors 1 and 2."""

    def __init__(self):
        self.lock = threading.RLock()
        self.ends = []
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            readable, writable = os.pipe()
            os.dup2(writable, descriptor)
            os.close(writable)
            flags = fcntl.fcntl(readable, fcntl.F_GETFL)
            fcntl.fcntl(readable, fcntl.F_SETFL, flags | os.O_NONBLOCK)
            decoder = codecs.getincrementaldecoder("utf-8")("replace")
            self.ends.append((readable, name, decoder))

    def drain(self, most=None):
        """Sends what is there now, but no more than so many pieces."""
        with self.lock:
            for readable, name, decoder in self.ends:
                pieces = 0
                while most is None or pieces < most:
                    try:
                        data = os.read(readable, LONGEST_TEXT)
                    except BlockingIOError:
                        break
                    if not data:
                        break
                    pieces += 1
                    text = decoder.decode(data)
                    if text:
                        WIRE.send("out", s=name, d=text)

    def follow(self):
        import select
        poll = select.poll()
        for readable, _, _ in self.ends:
            poll.register(readable, select.POLLIN)
        while True:
            if poll.poll(100 if WIRE.running else 1000):
                self.drain(1)
            elif WIRE.running:
                flush()


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):
            pass  # the code has put something else there, or closed it


# ---- how objects are shown ----

METHODS = (
    ("_repr_html_", "text/html"),
    ("_repr_markdown_", "text/markdown"),
    ("_repr_svg_", "image/svg+xml"),
    ("_repr_png_", "image/png"),
    ("_repr_jpeg_", "image/jpeg"),
    ("_repr_pdf_", "application/pdf"),
    ("_repr_latex_", "text/latex"),
    ("_repr_json_", "application/json"),
    ("_repr_javascript_", "application/javascript"),
    ("_repr_e2b_data_", "e2b/data"),
    ("_repr_e2b_chart_", "e2b/chart"),
)
shown_figures = set()


def plain(value):
    """A value for JSON: what has no form of its own there becomes text."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    for name in ("isoformat", "item", "tolist"):
        method = getattr(value, name, None)
        if callable(method):
            try:
                made = method()
            except Exception:
                continue
            if made is not value:
                return plain(made)
    return str(value)


def text_of(value):
    text = repr(value)
    if len(text) > 80 and type(value) in (dict, list, tuple, set):
        text = pprint.pformat(value, width=80, sort_dicts=False)
    return text


def say_failure(what):
    import traceback
    sys.stderr.write("%s failed:\n%s" % (what, traceback.format_exc()))


def put(data, mime, made):
    if made is None:
        return
    if isinstance(made, tuple) and len(made) == 2 and isinstance(made[1], dict):
        made = made[0]  # the second part is for notebooks
    if isinstance(made, (bytes, bytearray, memoryview)):
        made = base64.b64encode(bytes(made)).decode("ascii")
    data[mime] = made if isinstance(made, str) else plain(made)


def figure_data(figure, data):
    picture = io.BytesIO()
    figure.savefig(picture, format="png", bbox_inches="tight")
    put(data, "image/png", picture.getvalue())
    try:
        chart = charts()["chart_of"](figure)
    except Exception:
        chart = None  # a figure that nobody foresaw is still shown as a picture
    if chart is not None:
        data["e2b/chart"] = plain(chart)
    shown_figures.add(id(figure))


def bundle(value):
    data = {}
    many = getattr(value, "_repr_mimebundle_", None)
    if callable(many) and not inspect.isclass(value):
        try:
            made = many(include=None, exclude=None)
            if isinstance(made, tuple):
                made = made[0]
            for mime, content in dict(made or {}).items():
                put(data, str(mime), content)
        except Exception:
            say_failure("_repr_mimebundle_")
    for name, mime in METHODS:
        method = getattr(value, name, None)
        if mime not in data and callable(method) and not inspect.isclass(value):
            try:
                put(data, mime, method())
            except Exception:
                say_failure(name)
    figures = sys.modules.get("matplotlib.figure")
    if figures is not None and isinstance(value, getattr(figures, "Figure", ())):
        figure_data(value, data)
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, getattr(pandas, "DataFrame", ())):
        data["e2b/data"] = plain(value.to_dict(orient="list"))
    if type(value) in (dict, list):
        try:
            data.setdefault("application/json", json.loads(json.dumps(value, allow_nan=False)))
        except (TypeError, ValueError, RecursionError):
            pass  # it has no form in JSON
    if "text/plain" not in data:
        data["text/plain"] = text_of(value)
    return data


def show(value, main):
    flush()
    PIPES.drain()
    WIRE.send("result", main=main, data=bundle(value))


def display(*values, include=None, exclude=None, metadata=None, raw=False, **ignored):
    """Shows objects, each in the richest form it has."""
    for value in values:
        if raw and isinstance(value, dict):
            flush()
            data = {}
            for mime, content in value.items():
                put(data, str(mime), content)
            WIRE.send("result", main=False, data=data)
        else:
            show(value, False)


class Shown:
    """An object that is shown as what was given."""

    mime = "text/plain"

    def __init__(self, data=None, filename=None, **ignored):
        if filename is not None:
            with open(filename, "rb") as file:
                data = file.read()
        self.data = data

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = self.data
        if isinstance(data, bytes) and self.mime.startswith("text/"):
            data = data.decode("utf-8", "replace")
        return {self.mime: data, "text/plain": repr(self)}

    def __repr__(self):
        return "<IPython.core.display.%s object>" % type(self).__name__


def shown(name, mime):
    return type(name, (Shown,), {"mime": mime})


class Image(Shown):
    def __init__(self, data=None, url=None, filename=None, format=None, **ignored):
        if isinstance(data, str) and os.path.exists(data):
            filename, data = data, None
        super().__init__(data, filename)
        if url is not None:
            raise ValueError("pictures of the network are not fetched; read one and give its data")
        start = bytes(self.data or b"")[:4]
        kind = (format or ("jpeg" if start[:2] == b"\xff\xd8" else "png")).lower()
        self.mime = "image/jpeg" if kind in ("jpg", "jpeg") else "image/" + kind


def notebook_modules():
    """What code written for notebooks imports, where IPython itself is not there."""
    if importlib.util.find_spec("IPython") is not None:
        return
    package, module = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    package.__path__ = []
    for name, mime in (("HTML", "text/html"), ("Markdown", "text/markdown"),
                       ("SVG", "image/svg+xml"), ("Latex", "text/latex"),
                       ("JSON", "application/json"), ("Javascript", "application/javascript")):
        setattr(module, name, shown(name, mime))
    module.Image, module.display = Image, display
    module.clear_output = lambda wait=False: None
    package.display = module
    package.get_ipython = lambda: None
    sys.modules["IPython"], sys.modules["IPython.display"] = package, module


# ---- figures ----

CHARTS = {}


def charts():
    if not CHARTS:
        exec(compile(CHARTS_SOURCE, "<charts>", "exec"), CHARTS)
    return CHARTS


class Adapted(importlib.abc.MetaPathFinder):
    """Changes a module once it is there."""

    def __init__(self, name, change):
        self.name = name
        self.change = change

    def find_spec(self, name, path, target=None):
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            original = spec.loader.exec_module

            def execute(module):
                original(module)
                self.change(module)

            spec.loader.exec_module = execute
        return spec


def pyplot(module):
    """Figures are shown when the code calls show(), or at the end of a cell."""
    module.show = lambda *args, **kwargs: show_figures()


def pictures(module):
    """There is no screen: pictures are shown here, also those that are saved, as E2B does."""
    save = module.Image.save

    def saved(self, fp, format=None, **params):
        save(self, fp, format, **params)
        code = sys._getframe(1).f_code.co_filename
        if CELL.fullmatch(code):
            show(self, False)

    module.Image.save = functools.wraps(save)(saved)
    module.Image.show = lambda self, title=None: show(self, False)


def show_figures():
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    try:
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            if id(figure) not in shown_figures:
                show(figure, False)
    finally:
        pyplot.close("all")


# ---- what is no Python ----


class UsageError(Exception):
    pass


def expand(line):
    """Replaces {name} and $name where the code has such a variable."""

    def value(found):
        name = found.group(1) or found.group(2)
        return str(SPACE[name]) if name in SPACE else found.group(0)

    return re.sub(r"\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)", value, line)


def shell(line, keep=False):
    flush()
    PIPES.drain()
    program = "/bin/bash" if os.path.exists("/bin/bash") else "/bin/sh"
    if keep:
        made = subprocess.run([program, "-c", expand(line)], stdout=subprocess.PIPE)
        return made.stdout.decode("utf-8", "replace").splitlines()
    SPACE["_exit_code"] = subprocess.run([program, "-c", expand(line)]).returncode
    PIPES.drain()
    return None


def timed(code):
    compiled = compile(code, "<timed>", "exec")
    began, used = time.perf_counter(), time.process_time()
    exec(compiled, SPACE)
    print("CPU times: %.3f s" % (time.process_time() - used))
    print("Wall time: %.3f s" % (time.perf_counter() - began))


def magic(line):
    name, _, rest = line.partition(" ")
    rest = rest.strip()
    if name == "cd":
        os.chdir(os.path.expanduser(expand(rest) or "~"))
        print(os.getcwd())
    elif name == "pwd":
        return os.getcwd()
    elif name == "pip":
        shell("%s -m pip %s" % (sys.executable, rest))
    elif name in ("ls", "cat", "mkdir", "rm", "cp", "mv"):
        shell(line)
    elif name in ("env", "set_env"):
        if not rest:
            return dict(os.environ)
        key, _, value = rest.partition("=" if "=" in rest else " ")
        os.environ[key.strip()] = expand(value.strip())
    elif name == "time":
        timed(rest)
    elif name == "timeit":
        import timeit
        timer = timeit.Timer(rest, globals=SPACE)
        loops, _ = timer.autorange()
        best = min(timer.repeat(3, loops)) / loops
        print("%.3g s per loop (best of 3, %d loops each)" % (best, loops))
    elif name in ("matplotlib", "config", "load_ext", "autoreload"):
        pass  # what these ask for is so anyway, or has no meaning here
    else:
        raise UsageError(
            "line magic %%%s is not there; there are %%cd, %%pwd, %%pip, %%env, %%time, %%timeit"
            % name)
    return None


def cell_magic(first, body):
    name, _, rest = first[2:].strip().partition(" ")
    if name in ("bash", "sh"):
        flush()
        code = subprocess.run(["/bin/" + name], input=body.encode()).returncode
        PIPES.drain()
        if code:
            raise subprocess.CalledProcessError(code, name)
    elif name == "writefile":
        with open(os.path.expanduser(rest.strip()), "w") as file:
            file.write(body)
        print("Writing " + rest.strip())
    elif name in ("time", "capture"):
        timed(body)
    else:
        raise UsageError("cell magic %%%%%s is not there; there are %%%%bash, %%%%sh, %%%%time, "
                         "%%%%writefile" % name)


def without_indent(code):
    lines = code.split("\n")
    first = next((line for line in lines if line.strip()), "")
    indent = first[:len(first) - len(first.lstrip())]
    if not indent:
        return code
    return "\n".join(line[len(indent):] if line.startswith(indent) else line for line in lines)


def translated(code):
    """Lines for a shell and magics as Python, line for line."""
    lines = []
    for line in code.split("\n"):
        bare = line.lstrip()
        indent = line[:len(line) - len(bare)]
        assigned = re.match(r"([A-Za-z_]\w*)\s*=\s*([!%])(.+)$", bare)
        if bare.startswith("!"):
            line = "%s__dunes_shell__(%r)" % (indent, bare[1:])
        elif bare.startswith("%") and not bare.startswith("%%"):
            line = "%s__dunes_magic__(%r)" % (indent, bare[1:].strip())
        elif assigned and assigned.group(2) == "!":
            line = "%s%s = __dunes_shell__(%r, True)" % (indent, assigned.group(1), assigned.group(3))
        elif assigned:
            line = "%s%s = __dunes_magic__(%r)" % (indent, assigned.group(1), assigned.group(3).strip())
        lines.append(line)
    return "\n".join(lines)


# ---- cells ----


class Cells:
    def __init__(self):
        self.loop = None

    def parse(self, code, name):
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        try:
            return compile(code, name, "exec", flags, dont_inherit=True)
        except SyntaxError as first:
            other = translated(code)
            if other == code:
                raise
            try:
                return compile(other, name, "exec", flags, dont_inherit=True)
            except SyntaxError:
                raise first from None

    def evaluate(self, node, name, mode):
        compiled = compile(
            node, name, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        if not compiled.co_flags & inspect.CO_COROUTINE:
            return eval(compiled, SPACE)
        import asyncio
        if self.loop is None or self.loop.is_closed():
            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)
        task = self.loop.create_task(eval(compiled, SPACE))
        try:
            return self.loop.run_until_complete(task)
        except KeyboardInterrupt:
            task.cancel()
            try:
                self.loop.run_until_complete(task)
            except BaseException:
                pass  # what it says to its end is of no interest
            raise

    def execute(self, code, name):
        code = without_indent(code)
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        first, _, body = code.lstrip("\n").partition("\n")
        if first.startswith("%%"):
            cell_magic(first, body)
            return
        tree = self.parse(code, name)
        last = tree.body[-1] if tree.body else None
        quiet = code.rstrip().endswith(";")
        main = isinstance(last, ast.Expr)
        if main:
            tree.body.pop()
        if tree.body:
            self.evaluate(tree, name, "exec")
        if main:
            value = self.evaluate(ast.Expression(last.value), name, "eval")
            if value is not None:
                SPACE["_"] = value
                if not quiet:
                    show(value, True)


# ---- what went wrong ----


def frame_text(frame, line, function):
    file = frame.f_code.co_filename
    cell = CELL.fullmatch(file)
    where = "Cell In[%s], line %d" % (cell.group(1), line) if cell else "File %s:%d" % (file, line)
    if function != "<module>":
        where += ", in %s(%s)" % (function, ", ".join(
            frame.f_code.co_varnames[:frame.f_code.co_argcount]))
    text = [where]
    lines = linecache.getlines(file)
    for number in range(max(1, line - 2), min(len(lines), line + 2) + 1):
        mark = ("----> %d" % number).rjust(7) if number == line else "%7d" % number
        text.append(("%s %s" % (mark, lines[number - 1].rstrip("\n")))[:500])
    return "\n".join(text)


def error_text(error, seen):
    seen.add(id(error))
    parts = []
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen and len(seen) < 10:
        parts.append(error_text(cause, seen))
        parts.append(
            "The above exception was the direct cause of the following exception:"
            if error.__cause__ is not None else
            "During handling of the above exception, another exception occurred:")
    name = type(error).__name__
    head = "-" * 75 + "\n" + name + "Traceback (most recent call last)".rjust(75 - len(name))
    frames, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename != __file_name__:
            frames.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    skipped = len(frames) - MOST_FRAMES
    if skipped > 0:
        frames = frames[:MOST_FRAMES // 2] + [None] + frames[-MOST_FRAMES // 2:]
    shown_frames = [
        "    [... %d frames left out ...]" % skipped if entry is None
        else frame_text(entry[0], entry[1], entry[0].f_code.co_name)
        for entry in frames]
    if isinstance(error, SyntaxError) and error.filename and CELL.fullmatch(error.filename):
        cell = CELL.fullmatch(error.filename).group(1)
        bad = (error.text or "").rstrip("\n")
        shown_frames.append("  Cell In[%s], line %s\n    %s\n    %s^" % (
            cell, error.lineno, bad, " " * max(0, (error.offset or 1) - 1)))
    parts.append("\n".join([head, "\n\n".join(shown_frames)]) + "\n\n" + last_line(error))
    return "\n\n".join(parts)


def value_of(error):
    try:
        if isinstance(error, SyntaxError) and error.filename:
            place = CELL.sub("", os.path.basename(error.filename)) or "cell"
            return "%s (%s, line %s)" % (error.msg, place, error.lineno)
        return str(error)[:LONGEST_TEXT]
    except Exception:
        return "<no text: its __str__ failed>"


def last_line(error):
    value = value_of(error)
    return "%s: %s" % (type(error).__name__, value) if value else type(error).__name__


def say_error(error):
    flush()
    PIPES.drain()
    try:
        trace = error_text(error, set())[:4 * LONGEST_TEXT]
    except Exception:
        trace = last_line(error)
    WIRE.send("error", name=type(error).__name__, value=value_of(error), traceback=trace)


# ---- the program ----


def run(cells, request):
    changed = {str(k): str(v) for k, v in request.get("env", {}).items()}
    before = {name: os.environ.get(name) for name in changed}
    shown_figures.clear()
    try:
        os.environ.update(changed)
        WIRE.interrupted = False
        WIRE.running = True
        try:
            try:
                cells.execute(request["code"], cell_name(request["count"]))
            finally:
                show_figures()
        except BaseException as error:  # also SystemExit and what code makes of BaseException
            WIRE.running = False
            say_error(error)
        finally:
            WIRE.running = False
    except KeyboardInterrupt as late:
        WIRE.running = False
        say_error(late)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    flush()
    PIPES.drain(64)
    WIRE.send("end", r=request["r"])


def child():
    """A copy of this process has no say here: it prints like any other program."""
    sys.stdout = io.TextIOWrapper(open(1, "wb", 0, closefd=False), write_through=True)
    sys.stderr = io.TextIOWrapper(open(2, "wb", 0, closefd=False), write_through=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def requests():
    rest = b""
    while True:
        data = os.read(REQUESTS, 1 << 16)
        if not data:
            return
        rest += data
        while b"\n" in rest:
            line, rest = rest.split(b"\n", 1)
            yield json.loads(line)


def main():
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    signal.signal(signal.SIGINT, WIRE.on_interrupt)
    sys.stdin = open(0, "r", closefd=False)
    sys.stdout, sys.stderr = printer("stdout", 1), printer("stderr", 2)
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    os.register_at_fork(after_in_child=child)
    os.environ.setdefault("MPLBACKEND", "agg")
    sys.argv = [""]
    sys.path.insert(0, "")
    sys.meta_path.insert(0, Adapted("matplotlib.pyplot", pyplot))
    sys.meta_path.insert(0, Adapted("PIL.Image", pictures))
    sys.modules["__main__"] = USER
    builtins.display = display
    builtins.__dunes_shell__, builtins.__dunes_magic__ = shell, magic
    notebook_modules()
    threading.Thread(target=PIPES.follow, daemon=True).start()
    WIRE.send("ready")
    cells = Cells()
    for request in requests():
        run(cells, request)
    os._exit(0)


__file_name__ = main.__code__.co_filename
PIPES = Pipes()
USER = types.ModuleType("__main__")
SPACE = USER.__dict__
SPACE["__builtins__"] = builtins
main()
