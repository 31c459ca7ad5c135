"""Volumes through the published Python SDK, unmodified. Prints what it finds, a line each."""
from e2b import Sandbox, Volume

def failure(work):
    try:
        work()
        return "nothing"
    except Exception as e:
        return type(e).__name__

volume = Volume.create("py-data")
print("made", volume.name, [each.name for each in Volume.list()])
print("same", Volume.connect(volume.volume_id).token == volume.token)
entry = volume.write_file("/hello.txt", "Hello", mode=0o600)
print("written", entry.path, entry.type.value, entry.size, oct(entry.mode), entry.uid)
print("read", volume.read_file("/hello.txt"), len(volume.read_file("/hello.txt", format="bytes")))
volume.make_dir("/a/b", force=True)
volume.write_file("/a/b/c", b"deep")
print("list", sorted(each.path for each in volume.list("/")), [each.path for each in volume.list("/a", depth=2)])
print("mode", oct(volume.update_metadata("/a/b/c", mode=0o444).mode))
print("exists", volume.exists("/a"), volume.exists("/none"), failure(lambda: volume.list("/none")))
sandbox = Sandbox.create("base", volume_mounts={"/mnt/data": volume})
print("seen", sandbox.commands.run("cat /mnt/data/hello.txt /mnt/data/a/b/c").stdout)
sandbox.files.write("/mnt/data/more", "more")
print("more", volume.read_file("/more"))
print("in use", failure(lambda: Volume.destroy(volume.volume_id)))
sandbox.kill()
volume.remove("/a")
print("removed", volume.exists("/a"), failure(lambda: volume.remove("/a")))
