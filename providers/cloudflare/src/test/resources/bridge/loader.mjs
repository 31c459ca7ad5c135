// Lets Node load a program that is made for Cloudflare's runtime.
const WORKERS = `
  export class DurableObject { constructor(ctx, env) { this.ctx = ctx; this.env = env } }
  export class WorkerEntrypoint extends DurableObject {}
  export class RpcTarget {}
  export const env = globalThis.bridgeEnv
  export const exports = {}
  export const tracing = undefined
`

export async function resolve(specifier, context, next) {
  if (specifier === 'cloudflare:workers') {
    return { url: 'data:text/javascript,' + encodeURIComponent(WORKERS), format: 'module', shortCircuit: true }
  }
  const inPackage = context.parentURL?.includes('/node_modules/@cloudflare/')
  const bare = specifier.startsWith('.') && !/\.[a-z]+$/.test(specifier)
  const found = await next(inPackage && bare ? specifier + '.js' : specifier, context)
  return found.url.includes('/node_modules/@cloudflare/') && found.url.endsWith('.js') ? { ...found, format: 'module' } : found
}
