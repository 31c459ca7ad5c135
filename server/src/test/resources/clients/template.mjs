// The published client e2b, unmodified, builds a template: prints "ok NAME" for each thing it does.
// Arguments: the directory of its modules, a directory with hello.txt in it. The server is named by E2B_* variables.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, context] = process.argv.slice(2);
const require = createRequire(path.join(modules, 'none.js'));
const loaded = await import(pathToFileURL(require.resolve('e2b')).href);
const { Template, Sandbox } = loaded.Template ? loaded : loaded.default;

const done = (name) => console.log(`ok ${name}`);

assert.equal(await Template.exists('sdk-app'), false);
const lines = [];
const template = Template({ fileContextPath: context })
  .fromBaseImage()
  .setEnvs({ GREETING: 'hello' })
  .setWorkdir('/home/user/app')
  .copy('hello.txt', 'copied/')
  .runCmd('echo "$GREETING" > said && echo line one');
const info = await Template.build(template, 'sdk-app:v1', {
  tags: ['latest'],
  onBuildLogs: (entry) => lines.push(entry.message),
});
assert.ok(lines.some((line) => line.includes('line one')), lines.join('\n'));
done('build');

assert.equal(await Template.exists('sdk-app'), true);
const tags = (await Template.getTags(info.templateId)).map((one) => one.tag).sort();
assert.deepEqual(tags, ['latest', 'v1']);
await Template.assignTags('sdk-app:v1', 'default');
await Template.removeTags('sdk-app', 'latest');
done('tags');

const failing = Template().fromTemplate('base').runCmd('echo why >&2; exit 3');
await assert.rejects(Template.build(failing, 'sdk-failing'), /exit code 3/);
await assert.rejects(Template.build(Template().fromPythonImage('3'), 'sdk-image'), /python:3/);
done('failures');

const startsIn = async (box, place) => {
  const said = async (line, options) => (await box.commands.run(line, options)).stdout.trim();
  assert.equal(await said('pwd'), place);
  assert.equal(await said('pwd', { cwd: place === '/home/user' ? '~' : 'app' }), place);
  assert.equal(await said('pwd', { cwd: '/tmp' }), '/tmp');
  let shown = '';
  const pty = await box.pty.create({
    cols: 80,
    rows: 24,
    onData: (data) => (shown += Buffer.from(data).toString()),
  });
  await box.pty.sendInput(pty.pid, new TextEncoder().encode('echo "in=$PWD="; exit\n'));
  await pty.wait();
  assert.ok(shown.includes(`in=${place}=`), shown);
  // A path that is relative starts at home, as with E2B; none at all is where commands start.
  assert.equal((await box.files.write('relative', 'x')).path, '/home/user/relative');
  const listed = (await box.files.list('')).map((entry) => entry.name);
  assert.equal(listed.includes(place === '/home/user' ? 'relative' : 'copied'), true, `${listed}`);
};

const variables = async (box) => (await box.commands.run('echo "$GREETING $OWN"')).stdout.trim();
const box = await Sandbox.create('sdk-app:v1', { envs: { OWN: 'own' } });
const had = await variables(box);
assert.ok(had.endsWith(' own') && had.length > 5, had);
await startsIn(box, '/home/user/app');
const snapshot = await box.createSnapshot();
const again = await Sandbox.create(snapshot.snapshotId);
await startsIn(again, '/home/user/app');
assert.equal(await variables(again), had);
const other = await Sandbox.create(snapshot.snapshotId, { envs: { OWN: 'other' } });
assert.equal(await variables(other), had.replace(/own$/, 'other'));
await other.kill();
await again.kill();
const [fork] = await box.fork();
await startsIn(fork, '/home/user/app');
await fork.kill();
await box.kill();
const plain = await Sandbox.create('base');
await startsIn(plain, '/home/user');
await plain.kill();
done('workdir');
