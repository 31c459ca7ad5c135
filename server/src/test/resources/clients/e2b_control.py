"""The control plane through the published Python SDK, unmodified. Prints what it finds, a line each."""
from e2b import Sandbox, SandboxQuery

metadata = {"who": "me & you = 100% fine", "é": "ü"}
one = Sandbox.create("base", timeout=120, metadata=metadata, envs={"A": "b"})
two = Sandbox.create("base", timeout=60)


def listed(**query):
    pages, found = Sandbox.list(limit=1, **query), []
    while pages.has_next:
        found += pages.next_items()
    return [sandbox.sandbox_id for sandbox in found]


print("all", sorted(listed()) == sorted([one.sandbox_id, two.sandbox_id]))
print("mine", listed(query=SandboxQuery(metadata=metadata)) == [one.sandbox_id])
info = one.get_info()
print("info", info.template_id, info.metadata == metadata, info.state.value)
one.set_timeout(90)
print("pause", Sandbox.pause(one.sandbox_id))
print("paused", one.get_info().state.value)
print("connected", Sandbox.connect(one.sandbox_id, timeout=200).sandbox_id == one.sandbox_id)
print("running", one.get_info().state.value)
try:
    Sandbox.create("nonesuch", timeout=10)
except Exception as e:
    print(type(e).__name__, e)
print("kill", Sandbox.kill(one.sandbox_id), Sandbox.kill(two.sandbox_id), Sandbox.kill(two.sandbox_id))
print("none", listed())
