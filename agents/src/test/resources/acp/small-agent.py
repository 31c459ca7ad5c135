#!/usr/bin/env python3
"""A small agent that speaks ACP and does as it is told: what it is to do is in the message."""
import json
import os
import subprocess
import sys
import time

PLACE = os.path.join(os.environ["HOME"], ".small")
MODE = os.environ.get("SMALL_MODE", "")


def write(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def read():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


def update(session, kind, text):
    write({"method": "session/update", "params": {"sessionId": session, "update": {
        "sessionUpdate": kind, "content": {"type": "text", "text": text}}}})


def ask(method, params):
    write({"id": 0, "method": method, "params": params})
    while True:
        message = read()
        if message.get("id") == 0 and "method" not in message:
            return message


def remember(session, text):
    os.makedirs(PLACE, exist_ok=True)
    with open(os.path.join(PLACE, session), "a") as f:
        f.write(text + "\n")


def recall(session):
    with open(os.path.join(PLACE, session)) as f:
        return f.read().splitlines()


def prompt(session, text):
    word, _, rest = text.partition(" ")
    if word == "env":
        return os.environ.get(rest, "(not set)")
    if word == "args":
        return " ".join(sys.argv[1:])
    if word == "recall":
        return recall(session)[0]
    if word == "unknown":
        return json.dumps(ask(rest, {"sessionId": session})["error"]["code"])
    if word == "permission":
        return json.dumps(ask("session/request_permission", {
            "sessionId": session,
            "toolCall": {"toolCallId": "t1", "title": "touch it", "kind": "execute"},
            "options": [{"optionId": "yes", "name": "Yes", "kind": "allow_once"},
                        {"optionId": "no", "name": "No", "kind": "reject_once"}]})["result"])
    if word == "giant":
        sys.stdout.write("x" * 16_000_000 + "\n")
    if word == "garbage":
        sys.stdout.write("no json\n[1,2]\n\"text\"\n{\"type\":\n" + "[" * 5000 + "\n")
        write({"id": 4711, "result": {}})
        write({"method": "session/update", "params": {"sessionId": session, "update": 5}})
        write({"method": "session/update"})
    if word == "flood":
        sys.stderr.write("e" * 3_000_000)
        sys.stderr.flush()
    if word == "daemon":
        subprocess.Popen(["sleep", "4711"], start_new_session=True)
    if word == "half":
        sys.stdout.write('{"jsonrpc":"2.0","method":')
        sys.stdout.flush()
        os._exit(3)
    if word == "forever":
        update(session, "agent_message_chunk", "working")
        while True:
            time.sleep(60)
    return "said: " + text


def main():
    if MODE == "deaf":
        sys.stderr.write("I hear nothing\n")
        sys.stderr.flush()
        while True:
            time.sleep(60)
    while True:
        message = read()
        method, params = message.get("method"), message.get("params", {})
        if "id" not in message or method is None:
            continue
        answer = {"id": message["id"]}
        if method == "initialize":
            answer["result"] = {
                "protocolVersion": 1,
                "agentCapabilities": {"loadSession": MODE != "plain",
                                      "promptCapabilities": {"image": MODE != "plain"}},
                "agentInfo": {"name": "small", "version": "7.1 \u001b[31m"}}
        elif method == "session/new":
            answer["result"] = {"sessionId": "small-%d" % os.getpid()}
        elif method == "session/load":
            for text in recall(params["sessionId"]):
                update(params["sessionId"], "user_message_chunk", text)
            answer["result"] = {}
        elif method == "session/prompt":
            session = params["sessionId"]
            text = " ".join(b.get("text", b["type"]) for b in params["prompt"])
            remember(session, text)
            update(session, "agent_message_chunk", prompt(session, text))
            answer["result"] = {"stopReason": "end_turn"}
        else:
            answer["error"] = {"code": -32601, "message": "no such method: %s" % method}
        write(answer)


main()
