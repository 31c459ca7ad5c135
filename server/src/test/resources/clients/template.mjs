// The published client e2b, unmodified, builds a template: prints "ok NAME" for each thing it does.
// Arguments: the directory of its modules, a directory with hello.txt in it. The server is named by E2B_* variables.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, context] = process.argv.slice(2);
const require = createRequire(path.join(modules, 'none.js'));
const loaded = await import(pathToFileURL(require.resolve('e2b')).href);
const { Template } = loaded.Template ? loaded : loaded.default;

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
