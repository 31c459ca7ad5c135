// The published bridge, served by Node: node bridge.mjs NODE_MODULES CONTAINERS KEY. Says its port in one line.
// What stands for Cloudflare's containers is asked for at CONTAINERS; the pool is the bridge's own.
import { createServer } from 'node:http'
import { createRequire, register } from 'node:module'
import { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { pathToFileURL } from 'node:url'

const [modules, containers, key] = process.argv.slice(2)
console.info = console.warn = console.log = () => {}

async function ask(method, path, query, body) {
  const answer = await fetch(containers + path + '?' + new URLSearchParams(query), { method, body })
  if (!answer.ok) throw new Error(await answer.text())
  return answer
}

// ---- a container, as the bridge sees it ----

async function execWithSessionToken(container, command, options) {
  const query = { container, timeout: String(options?.timeout ?? 0) }
  const answer = await ask('POST', '/exec', query, command)
  const decoders = { o: new StringDecoder('utf8'), e: new StringDecoder('utf8') }
  const result = { stdout: '', stderr: '', exitCode: undefined }
  let rest = ''
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    for (const line of lines) {
      const data = Buffer.from(line.slice(1), 'base64')
      if (line[0] === 'x') {
        result.exitCode = Number(data.toString())
        continue
      }
      const text = decoders[line[0]].write(data)
      const name = line[0] === 'o' ? 'stdout' : 'stderr'
      if (options?.onOutput) options.onOutput(name, text)
      else result[name] += text
    }
  }
  if (result.exitCode === undefined) throw new Error('the container is gone')
  result.success = result.exitCode === 0
  options?.onComplete?.(result)
  return result
}

function container(name) {
  return {
    configure: async () => {},
    exec: (command, options) => execWithSessionToken(name, command, options),
    execWithSessionToken: (command, token, options) => execWithSessionToken(name, command, options),
    writeFile: async (path, content, options) => {
      const bytes = Buffer.from(content, options?.encoding === 'base64' ? 'base64' : 'utf8')
      await ask('POST', '/write', { container: name, path }, bytes)
      return { success: true, path }
    },
    startAndWaitForPorts: () => ask('POST', '/start', { container: name }),
    getState: async () => ({ status: await (await ask('GET', '/state', { container: name })).text() }),
    renewActivityTimeout: async () => {},
    stop: () => ask('POST', '/destroy', { container: name }),
    destroy: () => ask('POST', '/destroy', { container: name })
  }
}

const namespace = (get) => ({ idFromName: (name) => ({ name }), get: ({ name }) => get(name) })
const env = { SANDBOX_API_KEY: key, Sandbox: namespace(container) }
globalThis.bridgeEnv = { ...env, WarmPool: {} }

register('./loader.mjs', import.meta.url)
const entry = createRequire(modules + '/').resolve('@cloudflare/sandbox/bridge')
const { bridge, WarmPool } = await import(pathToFileURL(entry))

const stored = new Map()
const storage = {
  get: async (name) => stored.get(name),
  put: async (name, value) => void stored.set(name, structuredClone(value)),
  delete: async (name) => stored.delete(name),
  getAlarm: async () => 1, // nobody wakes it
  setAlarm: async () => {}
}
const pool = new WarmPool({ storage, waitUntil: () => {} }, env)
const assign = pool.getContainer.bind(pool)
const report = pool.reportStopped.bind(pool)
pool.reportStopped = async (name) => {
  await ask('POST', '/stopped', { container: name })
  return report(name)
}
const told = new Map()
pool.getContainer = async (id) => {
  if (!(await pool.lookupContainer(id))) await ask('POST', '/room', { id })
  const name = await assign(id)
  if (told.get(id) !== name) {
    told.set(id, name)
    await ask('POST', '/assigned', { id, container: name })
  }
  return name
}
env.WarmPool = namespace(() => pool)

// ---- HTTP ----

const worker = bridge({})
const server = createServer(async (incoming, outgoing) => {
  const body = ['GET', 'HEAD'].includes(incoming.method) ? undefined : Readable.toWeb(incoming)
  const request = new Request('http://' + incoming.headers.host + incoming.url, {
    method: incoming.method,
    headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    body,
    duplex: 'half'
  })
  try {
    const answer = await worker.fetch(request, env, { waitUntil: () => {}, passThroughOnException: () => {} })
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers))
    outgoing.flushHeaders()
    if (!answer.body) {
      outgoing.end()
      return
    }
    const reader = answer.body.getReader()
    outgoing.on('close', () => reader.cancel().catch(() => {}))
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (!outgoing.write(part.value)) await new Promise((resume) => outgoing.once('drain', resume).once('close', resume))
    }
    outgoing.end()
  } catch (e) {
    if (!outgoing.headersSent) outgoing.writeHead(500)
    outgoing.end(String(e))
  }
})
server.keepAliveTimeout = 600_000 // a connection is not closed while a request may be on its way
process.stdin.resume().on('end', () => process.exit()) // its maker has gone
process.on('unhandledRejection', (e) => e === undefined || console.error(e)) // undefined: a reader has left
server.listen(0, '127.0.0.1', () => process.stdout.write(server.address().port + '\n'))
