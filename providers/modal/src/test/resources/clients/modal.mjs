// Uses the published client against whatever MODAL_SERVER_URL names: node modal.mjs NODE_MODULES
import { createRequire } from 'node:module'

const require = createRequire(process.argv[2] + '/')
const { ModalClient, NotFoundError } = require('modal')

const say = (what, value) => console.log(what + ' ' + JSON.stringify(value))
const modal = new ModalClient()
const app = await modal.apps.fromName('proof', { createIfMissing: true })
say('app', app.appId)
const image = await modal.images.fromRegistry('alpine:3.21').build(app)
say('image', image.imageId.startsWith('im-'))
const sandbox = await modal.sandboxes.create(app, image, {
  timeoutMs: 60000,
  env: { GIVEN: 'a b' },
  tags: { who: 'me', run: 'é' }
})
try {
  say('dialect', sandbox.sandboxId.length === 25 ? 1 : 2)
  say('running', await sandbox.poll())
  const run = await sandbox.exec(['sh', '-c', 'echo "$GIVEN$MORE"; echo err >&2; pwd; exit 3'], {
    env: { MORE: '!' },
    workdir: '/tmp'
  })
  say('exec', [await run.stdout.readText(), await run.stderr.readText(), await run.wait()])
  const killed = await sandbox.exec(['sh', '-c', 'kill -KILL $$'])
  say('killed', await killed.wait())
  const cat = await sandbox.exec(['cat'], { mode: 'binary' })
  const bytes = new Uint8Array([...Array(256).keys()])
  await cat.stdin.writeBytes(bytes)
  await cat.closeStdin?.()
  await cat.stdin.close?.().catch(() => {})
  const back = await cat.stdout.readBytes()
  say('bytes', [Buffer.from(back).equals(Buffer.from(bytes)), await cat.wait()])
  const terminal = await sandbox.exec(['sh', '-c', 'test -t 0 && stty size'], { pty: true })
  say('terminal', [await terminal.stdout.readText(), await terminal.wait()])
  const slow = await sandbox.exec(['sleep', '100'], { timeoutMs: 1000 })
  say('slow', (await slow.wait()) !== 0)

  await sandbox.setTags({ changed: 'yes' })
  say('tags', await sandbox.getTags())
  const listed = []
  for await (const each of modal.sandboxes.list({ appId: app.appId, tags: { changed: 'yes' } })) listed.push(each.sandboxId)
  say('listed', listed.length === 1 && listed[0] === sandbox.sandboxId)
  const again = await modal.sandboxes.fromId(sandbox.sandboxId)
  const more = await again.exec(['echo', 'again'])
  say('again', await more.stdout.readText())
  await (await again.exec(['sh', '-c', 'echo saved > file'])).wait()
  const saved = await again.snapshotFilesystem()
  const second = await modal.sandboxes.create(app, saved, { timeoutMs: 60000 })
  const read = await second.exec(['cat', 'file'])
  say('snapshot', await read.stdout.readText())
  await second.terminate()
  await modal.images.delete(saved.imageId)
} finally {
  await sandbox.terminate()
}
say('ended', await sandbox.wait())
try {
  const other = sandbox.sandboxId.replace(/.$/, (c) => (c === '0' ? '1' : '0'))
  await (await modal.sandboxes.fromId(other)).poll()
} catch (e) {
  say('not found', e instanceof NotFoundError || e.code === 5)
}
modal.close()
