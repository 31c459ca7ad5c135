// Uses the published client against a server: node sprites.mjs NODE_MODULES URL TOKEN
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'

const [modules, url, token] = process.argv.slice(2)
const { SpritesClient, ExecError } = await import(pathToFileURL(join(modules, '@fly/sprites/dist/index.js')))

const say = (what, value) => console.log(what + ' ' + JSON.stringify(value))
const client = new SpritesClient(token, { baseURL: url })
const sprite = await client.createSprite('client-one', {
  labels: ['who=me & you', 'run=é'], environment: { GIVEN: 'a b' }, config: { ramMB: 512, cpus: 2 },
})
await client.createSprite('client-two')
try {
  const again = await client.getSprite('client-one')
  say('again', [again.id === sprite.id, again.labels, again.config])
  say('listed', (await client.listSprites({ prefix: 'client-', maxResults: 1 })).hasMore)
  say('all', (await client.listAllSprites('client-')).map((each) => each.name))
  say('labels', (await client.updateSprite('client-one', { labels: ['changed=yes'] })).labels)

  const run = await sprite.execFile('sh', ['-c', 'echo "$GIVEN"; echo err >&2'], { cwd: '/tmp' })
  say('exec', [run.exitCode, run.stdout, run.stderr])
  try {
    await sprite.execFile('sh', ['-c', 'echo "$ONLY $GIVEN"; exit 3'], { env: { ONLY: 'this' } })
  } catch (e) {
    say('exit', [e instanceof ExecError, e.result.exitCode, e.result.stdout])
  }

  const cat = sprite.spawn('cat', [])
  const bytes = Buffer.from([...Array(256).keys()])
  const parts = []
  cat.stdout.on('data', (part) => parts.push(part))
  await new Promise((done) => cat.once('spawn', done))
  cat.stdin.write(bytes)
  cat.stdin.end()
  say('input', [await cat.wait(), bytes.equals(Buffer.concat(parts))])

  const sleep = sprite.spawn('sleep', ['1000'])
  await new Promise((done) => sleep.once('spawn', done))
  while ((await sprite.listSessions()).length === 0);
  sleep.kill('SIGKILL')
  say('killed', await sleep.wait())

  const tty = sprite.spawn('sh', ['-c', 'stty size; read x; exit 0'], { tty: true, rows: 31, cols: 90 })
  let shown = ''
  tty.stdout.on('data', (part) => {
    shown += part
    if (shown.includes('31 90')) tty.resize(80, 20), tty.stdin.write('go\n')
  })
  say('terminal', [await tty.wait(), shown.split('\r\n')[0]])

  const fs = sprite.filesystem('/')
  await fs.writeFile('/tmp/up/all', bytes, { mode: 0o600 })
  say('files', [bytes.equals(await fs.readFile('/tmp/up/all')), await fs.readdir('/tmp/up'), (await fs.stat('/tmp/up/all')).mode.toString(8)])
  await fs.rm('/tmp/up', { recursive: true })
  try {
    await fs.readFile('/tmp/up/all')
  } catch (e) {
    say('no file', e.code)
  }
  await sprite.updateNetworkPolicy({ rules: [{ domain: '*', action: 'deny' }] })
  say('policy', (await sprite.getNetworkPolicy()).rules)
} finally {
  await sprite.delete()
  await client.deleteSprite('client-two')
}
try {
  await client.getSprite('client-one')
} catch (e) {
  say('not found', e.statusCode)
}
process.exit(0)
