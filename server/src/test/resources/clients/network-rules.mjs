// Secrets and rules through the published JavaScript SDK, unmodified. Prints what it finds, a line each.
// node network-rules.mjs MODULES URL
import { createRequire } from 'node:module'

const { Sandbox, Secret } = createRequire(`${process.argv[2]}/x.js`)('e2b')
const url = new URL(process.argv[3])
const say = (what, value) => console.log(what, JSON.stringify(value))

const secret = await Secret.create('Model-Key', 'value-1', { metadata: { team: 'a' } })
say('secret', [secret.name, secret.version, secret.metadata])
say('listed', (await Secret.list().nextItems()).map((each) => each.name))
say('placeholder', Secret.fill('model-key'))

const network = (value) => ({
  allowOut: [`*.good.example:${url.port}`],
  denyOut: ({ allTraffic }) => [allTraffic],
  rules: { [url.hostname]: [{ transform: { headers: { Authorization: value } } }] },
})
const sandbox = await Sandbox.create('base', { network: network(`Bearer ${Secret.fill('model-key')}`) })
const asked = async () => (await sandbox.commands.run(`curl -sS -m 20 ${url}`)).stdout.match(/auth=\[[^\]]*\]/)[0]
say('asked', await asked())
say('rules', (await sandbox.getInfo()).network.rules)
say('updated', (await Secret.update('model-key', 'value-2')).version)
say('asked', await asked())
await sandbox.updateNetwork(network('plain'))
say('changed', await asked())
await sandbox.kill()
say('destroyed', [await Secret.destroy('model-key'), await Secret.destroy('model-key')])
