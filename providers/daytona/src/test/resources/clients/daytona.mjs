// Uses the published client against whatever DAYTONA_API_URL names: node daytona.mjs NODE_MODULES
import { createRequire } from 'node:module'

const require = createRequire(process.argv[2] + '/')
const { Daytona, DaytonaNotFoundError } = require('@daytona/sdk')

const say = (what, value) => console.log(what + ' ' + JSON.stringify(value))
const daytona = new Daytona()
const sandbox = await daytona.create({ labels: { who: 'me & you', run: 'é' }, envVars: { GIVEN: 'a b' } })
try {
  say('state', sandbox.state)
  const again = await daytona.get(sandbox.id)
  say('again', again.id === sandbox.id)
  let listed = []
  for await (const each of daytona.list({ labels: { run: 'é' } })) listed.push(each.id)
  say('listed', [listed.length, listed[0] === sandbox.id])
  say('labels', (await sandbox.setLabels({ changed: 'yes' })).changed)

  const run = await sandbox.process.executeCommand('echo "$GIVEN"; echo err >&2; exit 3')
  say('execute', [run.exitCode, run.result.split('\n').filter(Boolean).sort()])

  await sandbox.process.createSession('s')
  const sync = await sandbox.process.executeSessionCommand('s', { command: 'X=kept; echo out; echo err >&2' })
  say('session', [sync.exitCode, sync.stdout, sync.stderr])
  const async = await sandbox.process.executeSessionCommand('s', { command: 'echo $X; echo late >&2', runAsync: true })
  let out = ''
  let err = ''
  await sandbox.process.getSessionCommandLogs('s', async.cmdId, (c) => { out += c }, (c) => { err += c })
  say('logs', [out, err])
  say('command', (await sandbox.process.getSessionCommand('s', async.cmdId)).exitCode)
  await sandbox.process.deleteSession('s')

  let shown = ''
  const pty = await sandbox.process.createPty({ id: 'p', cols: 120, rows: 30, onData: (data) => { shown += new TextDecoder().decode(data) } })
  await pty.waitForConnection()
  await pty.resize(90, 31)
  await pty.sendInput('stty size; exit 5\n')
  const exited = await pty.wait()
  say('terminal', [exited.exitCode, shown.includes('31 90')])
  await pty.disconnect()
  await pty.kill()

  const bytes = Buffer.from([...Array(256).keys()])
  await sandbox.fs.uploadFiles([{ source: bytes, destination: '/tmp/up/all' }, { source: Buffer.from('two'), destination: '/tmp/up/two' }])
  const back = await sandbox.fs.downloadFile('/tmp/up/all')
  say('files', [bytes.equals(back), (await sandbox.fs.listFiles('/tmp/up')).map((f) => f.name).sort()])
  await sandbox.stop()
  say('stopped', (await daytona.get(sandbox.id)).state)
} finally {
  await sandbox.delete()
}
try {
  await daytona.get('no-such-sandbox')
} catch (e) {
  say('not found', e instanceof DaytonaNotFoundError)
}
process.exit(0)
