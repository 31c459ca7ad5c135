// The published client @e2b/code-interpreter, unmodified, against a server: prints "ok NAME" for each thing it does.
// Arguments: the directory of its modules, a template. The server is named by E2B_* variables.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, template] = process.argv.slice(2);
const require = createRequire(path.join(modules, 'none.js'));
const { Sandbox } = await import(pathToFileURL(require.resolve('@e2b/code-interpreter')).href)
  .then((module) => (module.Sandbox ? module : module.default));

const done = (name) => console.log(`ok ${name}`);
const sandbox = await Sandbox.create(template, { envs: { WIDE: 'yes' } });
try {
  const first = await sandbox.runCode('x = 1\nprint("hej å")\nx + 1');
  assert.equal(first.text, '2');
  assert.deepEqual(first.logs.stdout, ['hej å\n']);
  assert.equal(first.executionCount, 1);
  done('value and output');

  const heard = { stdout: [], stderr: [], results: [], errors: [] };
  await sandbox.runCode('import sys\nprint(1)\nprint(2, file=sys.stderr)\ndisplay("shown")\nundefined_name', {
    onStdout: (out) => heard.stdout.push(out.line),
    onStderr: (out) => heard.stderr.push(out.line),
    onResult: (result) => heard.results.push(result.text),
    onError: (error) => heard.errors.push(error.name),
  });
  assert.deepEqual(heard, { stdout: ['1\n'], stderr: ['2\n'], results: ['shown'], errors: ['NameError'] });
  done('callbacks');

  const failed = await sandbox.runCode('1/0');
  assert.equal(failed.error.name, 'ZeroDivisionError');
  assert.match(failed.error.traceback, /Cell In\[3\], line 1/);
  done('error');

  const env = await sandbox.runCode('import os; os.environ["A"] + os.environ["WIDE"]', { envs: { A: "it's\n" } });
  assert.equal(env.text, "it's\\nyes");
  done('variables');

  const context = await sandbox.createCodeContext({ cwd: '/tmp' });
  assert.equal((await sandbox.runCode('import os; os.getcwd()', { context })).text, '/tmp');
  assert.ok((await sandbox.listCodeContexts()).some((one) => one.id === context.id));
  await sandbox.runCode('y = 1', { context });
  await sandbox.restartCodeContext(context);
  assert.equal((await sandbox.runCode('y', { context })).error.name, 'NameError');
  await sandbox.removeCodeContext(context.id);
  assert.ok(!(await sandbox.listCodeContexts()).some((one) => one.id === context.id));
  await assert.rejects(sandbox.runCode('1', { context }));
  done('contexts');

  assert.equal((await sandbox.runCode('await Promise.resolve(6 * 7)', { language: 'js' })).text, '42');
  assert.deepEqual((await sandbox.runCode('echo $WIDE', { language: 'bash' })).logs.stdout, ['yes\n']);
  done('languages');

  await assert.rejects(sandbox.runCode('import time; time.sleep(300)', { timeoutMs: 1000 }));
  assert.equal((await sandbox.runCode('x', { timeoutMs: 30000 })).text, '1');
  done('time limit');

  const drawn = await sandbox.runCode(
    'try:\n    import matplotlib.pyplot as plt\n    plt.bar(["a", "b"], [1, 2]); plt.show()\nexcept ImportError:\n    print("no matplotlib")');
  if (!drawn.logs.stdout.join('').includes('no matplotlib')) {
    assert.ok(drawn.results[0]?.png?.length > 1000, JSON.stringify(drawn));
    assert.equal(drawn.results[0].chart.type, 'bar');
    assert.deepEqual(drawn.results[0].extra, {});
  }
  done('chart');
} finally {
  await sandbox.kill();
}
await assert.rejects(sandbox.runCode('1'));
done('killed');
