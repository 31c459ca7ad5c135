// The published client e2b, unmodified, builds a template with a USER: prints "ok NAME" for each thing it does.
// Arguments: the directory of its modules, a directory with hello.txt in it, the working directory to ask for, who its
// programs are, and where they are at home. The server is named by E2B_* variables.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, context, place, name, home] = process.argv.slice(2);
const require = createRequire(path.join(modules, 'none.js'));
const loaded = await import(pathToFileURL(require.resolve('e2b')).href);
const { Template, Sandbox } = loaded.Template ? loaded : loaded.default;

const done = (what) => console.log(`ok ${what}`);

const lines = [];
const template = Template({ fileContextPath: context })
  .fromBaseImage()
  .runCmd('id -un > /tmp/first', { user: 'root' })
  .setUser('app')
  .setWorkdir(place)
  .copy('hello.txt', 'copied/')
  .runCmd('id -un > who && cat copied/hello.txt >> who && rm copied/hello.txt');
try {
  await Template.build(template, 'sdk-user', { onBuildLogs: (entry) => lines.push(entry.message) });
} catch (failure) {
  throw new Error(`${failure.message}\n${lines.join('\n')}`);
}
assert.equal(lines.some((line) => line.startsWith('there is no user')), name === 'user', lines.join('\n'));
done('build');

const is = async (box) => {
  const said = async (line) => (await box.commands.run(line)).stdout.trim();
  assert.equal(await said('cat who'), `${name}\nhello`);
  assert.equal(await said('id -un; echo "$HOME"; pwd'), [name, home, place].join('\n'));
  assert.equal(await said('touch mine && stat -c %U mine .'), `${name}\n${name}`);
  const written = await box.files.write('relative', 'x');
  assert.equal(written.path, `${home}/relative`);
  assert.equal(await said(`stat -c %U ${written.path}; cat ${written.path}`), `${name}\nx`);
  assert.equal((await box.files.getInfo(written.path)).owner, name);
  let shown = '';
  const pty = await box.pty.create({
    cols: 80,
    rows: 24,
    onData: (data) => (shown += Buffer.from(data).toString()),
  });
  await box.pty.sendInput(pty.pid, new TextEncoder().encode('echo "is=$(id -un)="; exit\n'));
  await pty.wait();
  assert.ok(shown.includes(`is=${name}=`), shown);
  await assert.rejects(box.commands.run('true', { user: 'root' }));
};

const box = await Sandbox.create('sdk-user');
await is(box);
done('sandbox');

const above = Template().fromTemplate('sdk-user').runCmd('id -un >> who').setUser('other').runCmd('id -un > /tmp/last');
await Template.build(above, 'sdk-user-above');
const next = await Sandbox.create('sdk-user-above');
assert.equal((await next.commands.run('id -un')).stdout.trim(), name === 'user' ? 'user' : 'other');
assert.equal((await next.commands.run(`cat ${place}/who`)).stdout.trim(), `${name}\nhello${name}`);
await next.kill();
done('above');

const snapshot = await box.createSnapshot();
const again = await Sandbox.create(snapshot.snapshotId);
assert.equal((await again.commands.run('id -un')).stdout.trim(), name);
assert.equal((await again.commands.run('pwd')).stdout.trim(), place);
await again.kill();
const [fork] = await box.fork();
assert.equal((await fork.commands.run('id -un')).stdout.trim(), name);
await fork.kill();
await box.kill();
done('copies');
