// Volumes through the published JavaScript SDK, unmodified. Prints what it finds, a line each.
// node volumes.mjs MODULES
import { createRequire } from 'node:module'

const { Sandbox, Volume } = createRequire(`${process.argv[2]}/x.js`)('e2b')
const say = (what, value) => console.log(what, JSON.stringify(value))
const failure = async (work) => {
  try {
    await work()
    return 'nothing'
  } catch (e) {
    return `${e.constructor.name} ${e.message}`
  }
}

const volume = await Volume.create('data-1')
say('made', [volume.name, (await Volume.list()).map((each) => each.name)])
say('again', await failure(() => Volume.create('data-1')))
say('bad name', (await failure(() => Volume.create('a/b'))).startsWith('VolumeError 400'))
const same = await Volume.connect(volume.volumeId)
say('connected', [same.name, same.token === volume.token])

// files, without any sandbox of the client's
const written = await volume.writeFile('/hello.txt', 'Hello, wörld', { uid: 1000, gid: 1000, mode: 0o640 })
say('written', [written.path, written.type, written.size, written.mode, written.uid, written.gid])
say('read', await volume.readFile('/hello.txt'))
say('bytes', (await volume.readFile('hello.txt', { format: 'bytes' })).length)
await volume.writeFile('/empty', '')
say('empty', [await volume.readFile('/empty'), await volume.exists('/empty'), await volume.exists('/none')])
await volume.writeFile('/hello.txt', 'second', { force: true })
say('second', await volume.readFile('/hello.txt'))
say('not over', (await failure(() => volume.writeFile('/hello.txt', 'x', { force: false }))).slice(0, 15))
say('no parent', await failure(() => volume.writeFile('/a/b/c', 'x')))
say('no parent dir', await failure(() => volume.makeDir('/a/b')))
await volume.makeDir('/a/b', { force: true, mode: 0o750 })
await volume.writeFile('/a/b/c', 'deep')
say('listed', (await volume.list('/')).map((each) => `${each.type} ${each.path}`).sort())
say('deep', (await volume.list('/a', { depth: 2 })).map((each) => each.path).sort())
say('mode', [(await volume.getInfo('/a/b')).mode, (await volume.updateMetadata('/a/b/c', { mode: 0o600 })).mode])
say('owner', (await failure(() => volume.updateMetadata('/a/b/c', { uid: 1001 }))).slice(0, 20))
say('above', (await volume.getInfo('/../../a')).path)
const big = new Uint8Array(5_000_000).map((_, i) => i * 7)
await volume.writeFile('/big', new Blob([big]).stream())
let sum = 0
for await (const chunk of await volume.readFile('/big', { format: 'stream' })) sum += chunk.length
say('stream', sum)

// in sandboxes
const one = await Sandbox.create('base', { volumeMounts: { '/mnt/data': volume } })
say('seen', (await one.commands.run('cat /mnt/data/a/b/c; stat -c " %u" /mnt/data/hello.txt')).stdout)
await one.files.write('/mnt/data/from-sandbox', 'written by the writer')
const two = await Sandbox.create('base', { volumeMounts: { '/home/user/shared': 'data-1' } })
say('shared', await two.files.read('/home/user/shared/from-sandbox'))
say('mounts', (await two.getInfo()).volumeMounts)
await one.commands.run('ln -s /etc/passwd /mnt/data/evil; ln -s hello.txt /mnt/data/link; mkfifo /mnt/data/pipe; ln -s /mnt /mnt/data/up')
say('evil', (await failure(() => volume.readFile('/evil'))).slice(0, 22))
say('link', [(await volume.getInfo('/link')).type, (await volume.getInfo('/link')).target, await volume.readFile('/link')])
say('pipe', [(await volume.getInfo('/pipe')).type, (await failure(() => volume.readFile('/pipe'))).slice(0, 15)])
say('from outside', [await volume.readFile('/from-sandbox'), await one.commands.run('ls /mnt/data | wc -l').then((r) => r.stdout.trim())])
say('in use', (await failure(() => Volume.destroy(volume.volumeId))).slice(0, 15))
await one.kill()
await two.kill()
const three = await Sandbox.create('base', { volumeMounts: { '/mnt/data': volume } })
say('outlives', await three.files.read('/mnt/data/from-sandbox'))
await three.kill()
say('unknown', await failure(() => Sandbox.create('base', { volumeMounts: { '/mnt/data': 'none' } })))
say('bad place', (await failure(() => Sandbox.create('base', { volumeMounts: { '/etc/x': volume } }))).slice(0, 17))
await volume.remove('/a')
say('removed', [await volume.exists('/a/b/c'), await failure(() => volume.remove('/a'))])
const wrong = new Volume(volume.volumeId, volume.name, 'f'.repeat(64))
say('wrong token', (await failure(() => wrong.list('/'))).split(' ')[0])
let destroyed = false
for (let i = 0; i < 200 && !destroyed; i++) {
  destroyed = (await failure(() => Volume.destroy(volume.volumeId))) === 'nothing'
  if (!destroyed) await new Promise((done) => setTimeout(done, 50)) // its sandboxes may still end
}
say('destroyed', [destroyed, await Volume.destroy(volume.volumeId), await Volume.list()])
say('gone', [await failure(() => Volume.connect(volume.volumeId)), (await failure(() => volume.list('/'))).split(' ')[0]])
