// Uses the published client against a server: node vercel.mjs NODE_MODULES URL TOKEN TEAM PROJECT
import { createRequire } from 'node:module'

const [modules, url, token, teamId, projectId] = process.argv.slice(2)
const { Sandbox, Snapshot } = createRequire(modules + '/')('@vercel/sandbox')

// it has no setting for the address
const fetch = (address, { dispatcher, ...options }) =>
  globalThis.fetch(address.replace('https://vercel.com/api', url), options)
const who = { token, teamId, projectId, fetch }

const say = (what, value) => console.log(what + ' ' + JSON.stringify(value))
const sandbox = await Sandbox.create({
  ...who, name: 'client-one', timeout: 120000, persistent: false,
  env: { GIVEN: 'a b' }, tags: { who: 'me & you', run: 'é' }, networkPolicy: 'deny-all',
})
try {
  say('made', [sandbox.name, sandbox.status, sandbox.persistent])
  const again = await Sandbox.get({ ...who, name: 'client-one' })
  say('again', again.currentSession().sessionId === sandbox.currentSession().sessionId)
  const page = await Sandbox.list({ ...who, tags: { run: 'é' }, limit: 10 })
  say('listed', [page.sandboxes.map((each) => each.name), page.sandboxes[0].tags])

  const run = await sandbox.runCommand({
    cmd: 'sh', args: ['-c', 'echo "$GIVEN $ALSO"; echo err >&2; exit 3'], env: { ALSO: 'more' }, cwd: '/tmp',
  })
  say('exec', [run.exitCode, await run.stdout(), await run.stderr()])

  const slow = await sandbox.runCommand({ cmd: 'sh', args: ['-c', 'echo out; sleep 0.2; echo err >&2'], detached: true })
  const logs = []
  for await (const log of slow.logs()) logs.push([log.stream, log.data])
  say('logs', logs)

  const sleep = await sandbox.runCommand({ cmd: 'sleep', args: ['1000'], detached: true })
  await sleep.kill('SIGKILL')
  say('killed', (await sleep.wait()).exitCode)

  const bytes = Buffer.from([...Array(256).keys()])
  await sandbox.writeFiles([{ path: '/tmp/up/all', content: bytes }])
  const back = await sandbox.readFileToBuffer({ path: '/tmp/up/all' })
  say('files', [bytes.equals(back), await sandbox.readFileToBuffer({ path: '/tmp/up/none' })])

  await sandbox.update({ tags: { changed: 'yes' }, persistent: true })
  say('updated', [sandbox.tags, sandbox.persistent])
  const before = sandbox.currentSession().timeout
  await sandbox.extendTimeout(60000)
  say('extended', sandbox.currentSession().timeout === before + 60000)

  await sandbox.writeFiles([{ path: '/tmp/kept', content: Buffer.from('kept') }])
  await sandbox.stop()
  say('stopped', (await Sandbox.get({ ...who, name: 'client-one', resume: false })).status)
  say('woken', await (await sandbox.runCommand('cat', ['/tmp/kept'])).stdout())

  await sandbox.runCommand('sh', ['-c', 'printf kept > kept'])
  const saved = await sandbox.snapshot({ expiration: 0 })
  say('saved', [saved.status, saved.expiresAt === undefined, saved.sourceSessionId === sandbox.currentSession().sessionId])
  say('went on', await (await sandbox.runCommand('cat', ['kept'])).stdout())
  const list = await (await Snapshot.list({ ...who, name: 'client-one', limit: 1 })).toArray()
  say('snapshots', [list.length, list.some((each) => each.id === saved.snapshotId)])
  const fork = await Sandbox.fork({ ...who, sourceSandbox: 'client-one', name: 'client-two', tags: { other: 'tag' } })
  say('forked', [await (await fork.runCommand('sh', ['-c', 'cat kept; echo $GIVEN'])).stdout(), fork.tags])
  await fork.delete()
  const third = await Sandbox.create({ ...who, name: 'client-three', source: { type: 'snapshot', snapshotId: saved.snapshotId } })
  say('from it', await (await third.runCommand('cat', ['kept'])).stdout())
  await third.delete()
  await saved.delete()
  say('deleted', saved.status)
  try {
    await Snapshot.get({ ...who, snapshotId: saved.snapshotId })
  } catch (e) {
    say('no snapshot', e.response.status)
  }
} finally {
  await sandbox.delete({ deleteOrphanSnapshots: true })
}
try {
  await Sandbox.get({ ...who, name: 'client-one' })
} catch (e) {
  say('not found', e.response.status)
}
process.exit(0)
