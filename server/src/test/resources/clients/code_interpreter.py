"""The published client e2b-code-interpreter, unmodified, against a server: prints "ok NAME" for each thing it does.

Argument: a template. The server is named by E2B_* variables.
"""

import asyncio
import sys

from e2b_code_interpreter import AsyncSandbox, Sandbox

template = sys.argv[1]


def done(name):
    print("ok", name, flush=True)


sandbox = Sandbox.create(template, envs={"WIDE": "yes"})
try:
    first = sandbox.run_code('x = 1\nprint("hej å")\nx + 1')
    assert first.text == "2", first
    assert first.logs.stdout == ["hej å\n"], first.logs
    assert first.execution_count == 1
    done("value and output")

    heard = []
    sandbox.run_code(
        "print(1)\ndisplay('shown')\nundefined_name",
        on_stdout=lambda out: heard.append(out.line),
        on_result=lambda result: heard.append(result.text),
        on_error=lambda error: heard.append(error.name),
    )
    assert heard == ["1\n", "shown", "NameError"], heard
    done("callbacks")

    shown = sandbox.run_code("class A:\n    def _repr_html_(self): return '<b>'\nA()").results[0]
    assert shown.html == "<b>" and shown.is_main_result
    done("forms")

    assert sandbox.run_code("import os; os.environ['A']", envs={"A": "it's"}).text == "it's"
    done("variables")

    context = sandbox.create_code_context(cwd="/tmp", language="python")
    assert sandbox.run_code("import os; os.getcwd()", context=context).text == "/tmp"
    assert context.id in [one.id for one in sandbox.list_code_contexts()]
    sandbox.restart_code_context(context.id)
    sandbox.remove_code_context(context.id)
    done("contexts")

    assert sandbox.run_code("1 + 1", language="js").text == "2"
    assert sandbox.run_code("echo $WIDE", language="bash").logs.stdout == ["yes\n"]
    done("languages")
finally:
    sandbox.kill()


async def main():
    other = await AsyncSandbox.create(template)
    try:
        assert (await other.run_code("6 * 7")).text == "42"
        done("async")
    finally:
        await other.kill()


asyncio.run(main())
