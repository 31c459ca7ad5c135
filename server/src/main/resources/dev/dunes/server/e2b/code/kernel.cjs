'use strict';
// Runs cells of JavaScript for the host, one after another, in one global scope that lasts.
//
// Requests come as lines of JSON on standard input, read by a thread of its own: it can stop a cell
// that never yields. Answers leave as lines of JSON on standard output. What cells print through
// console or process.stdout becomes answers too.

const fs = require('node:fs');
const inspector = require('node:inspector');
const { createRequire, stripTypeScriptTypes } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const util = require('node:util');
const { Worker } = require('node:worker_threads');

const LONGEST_ANSWER = 24 << 20;
const LONGEST_TEXT = 64 << 10;

// ---- answers ----

const ascii = (text) =>
  text.replace(/[\u007f-\uffff]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));

const waiting = new Int32Array(new SharedArrayBuffer(4));

function writeAll(descriptor, data) {
  for (let at = 0; at < data.length; ) {
    try {
      at += fs.writeSync(descriptor, data, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(waiting, 0, 0, 2);
    }
  }
}

function send(kind, fields) {
  let line = ascii(JSON.stringify({ t: kind, ...fields }));
  if (line.length > LONGEST_ANSWER) {
    const d = `a ${kind} of ${line.length} bytes is too large to be shown\n`;
    line = JSON.stringify({ t: 'out', s: 'stderr', d });
  }
  writeAll(1, Buffer.from(line + '\n', 'latin1'));
}

function print(name) {
  const decoder = new (require('node:string_decoder').StringDecoder)('utf8');
  return function write(chunk, encoding, done) {
    const callback = typeof encoding === 'function' ? encoding : done;
    const text =
      typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk));
    for (let at = 0; at < text.length; at += LONGEST_TEXT) {
      send('out', { s: name, d: text.slice(at, at + LONGEST_TEXT) });
    }
    if (callback) process.nextTick(callback);
    return true;
  };
}

process.stdout.write = print('stdout');
process.stderr.write = print('stderr');
globalThis.console = new console.Console({
  stdout: process.stdout,
  stderr: process.stderr,
  colorMode: false,
});

// ---- how values are shown ----

const SYMBOL = Symbol.for('Jupyter.display');

function bundle(value) {
  const data = {};
  if (value !== null && typeof value === 'object' && typeof value[SYMBOL] === 'function') {
    Object.assign(data, value[SYMBOL]());
  }
  if (data['text/plain'] === undefined) {
    data['text/plain'] =
      typeof value === 'string'
        ? `'${value}'`
        : util.inspect(value, { depth: 4, maxArrayLength: 1000, maxStringLength: 1 << 20 });
  }
  const plain = value !== null && typeof value === 'object' &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);
  if (plain && data['application/json'] === undefined) {
    try {
      const text = JSON.stringify(value);
      if (text !== undefined) data['application/json'] = JSON.parse(text);
    } catch {
      // it has no form in JSON: a cycle, a BigInt
    }
  }
  return data;
}

function display(...values) {
  for (const value of values) send('result', { main: false, data: bundle(value) });
}
display.html = (text) => send('result', { main: false, data: { 'text/html': String(text) } });
display.markdown = (text) => send('result', { main: false, data: { 'text/markdown': String(text) } });
display.svg = (text) => send('result', { main: false, data: { 'image/svg+xml': String(text) } });
display.png = (bytes) =>
  send('result', { main: false, data: { 'image/png': Buffer.from(bytes).toString('base64') } });

// ---- cells ----

const session = new inspector.Session();
session.connect();

function post(method, parameters) {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

const HERE = path.join(process.cwd(), 'cell.js');
const requireHere = createRequire(HERE);
globalThis.require = requireHere;
globalThis.module = { exports: {} };
globalThis.exports = globalThis.module.exports;
globalThis.__dirname = process.cwd();
globalThis.__filename = HERE;
globalThis.display = display;

Object.defineProperty(globalThis, '__dunesImport', {
  enumerable: false,
  value: (name) => {
    const known = /^(node|data|file|https?):/.test(name) || require('node:module').isBuiltin(name);
    return load(known ? name : pathToFileURL(requireHere.resolve(name)).href);
  },
});

const NAMES = String.raw`[A-Za-z_$][\w$]*`;
const IMPORT = new RegExp(
  String.raw`(^[ \t]*|;[ \t]*)import\s+(?:(${NAMES})\s*,?\s*)?(?:(\*\s+as\s+${NAMES})|\{([^}]*)\})?\s*(?:from\s+)?(['"])([^'"\n]+)\5[ \t]*;?`,
  'gm');

// Statements "import", which only modules know, as what does the same in a script. Calls of
// import() need a loader, which scripts of an inspector lack.
function withImports(code) {
  const statements = code.replace(IMPORT, (all, indent, single, star, braces, quote, name) => {
    const load = `await __dunesImport(${JSON.stringify(name)})`;
    const parts = [];
    if (single) parts.push(`default: ${single}`);
    if (braces !== undefined) {
      parts.push(...braces.split(',').map((part) => part.trim()).filter(Boolean)
        .map((part) => part.replace(/\s+as\s+/, ': ')));
    }
    const lines = '\n'.repeat((all.match(/\n/g) || []).length);
    if (star) {
      const whole = star.replace(/^\*\s+as\s+/, '');
      return `${indent}const ${whole} = ${load};${single ? ` const ${single} = ${whole}.default;` : ''}${lines}`;
    }
    return parts.length ? `${indent}const { ${parts.join(', ')} } = ${load};${lines}` : `${indent}${load};${lines}`;
  });
  return statements.replace(/(^|[^.\w$'"`])import(\s*\()/gm, '$1__dunesImport$2');
}

async function evaluate(code, name) {
  let source = code;
  if (TYPESCRIPT) source = stripTypeScriptTypes(source, { mode: 'transform' });
  source = withImports(source);
  // An object literal at the start is an expression, as in other consoles.
  if (/^\s*\{[^]*\}\s*$/.test(source) && isExpression(`(${source})`)) source = `(${source})`;
  return evaluateCell({
    expression: `${source}\n//# sourceURL=${name}`,
    replMode: true,
    awaitPromise: true,
    objectGroup: 'cell',
  });
}

// What the program does: something else, a cell, or a cell that is about to be terminated. A cell up
// to its first wait is evaluated by the inspector, which bears a termination. Callbacks may not:
// timers and streams can be broken afterwards.
const [ELSEWHERE, IN_CELL, STOPPING] = [0, 1, 2];
const doing = new Int32Array(new SharedArrayBuffer(4));

function evaluateCell(parameters) {
  return new Promise((resolve, reject) => {
    let failed = false;
    Atomics.store(doing, 0, IN_CELL);
    session.post('Runtime.evaluate', parameters, (error, result) => {
      failed = Boolean(error);
      if (error) reject(error);
      else resolve(result);
    });
    if (Atomics.exchange(doing, 0, ELSEWHERE) === STOPPING && !failed) {
      // The cell came to its first wait just before it was terminated: this is terminated instead.
      session.post('Runtime.evaluate', { expression: 'for (;;) {}' });
    }
  });
}

function isExpression(code) {
  try {
    new (require('node:vm').Script)(code);
    return true;
  } catch {
    return false;
  }
}

async function valueOf(remote) {
  if (!remote.objectId) {
    if (remote.unserializableValue !== undefined) {
      return remote.unserializableValue.endsWith('n')
        ? BigInt(remote.unserializableValue.slice(0, -1))
        : Number(remote.unserializableValue);
    }
    return remote.value;
  }
  let value;
  globalThis.__dunesTake = (taken) => { value = taken; };
  try {
    await post('Runtime.callFunctionOn', {
      objectId: remote.objectId,
      functionDeclaration: 'function (value) { globalThis.__dunesTake(value); }',
      arguments: [{ objectId: remote.objectId }],
    });
  } finally {
    delete globalThis.__dunesTake;
  }
  return value;
}

function ownFrames(stack) {
  const lines = String(stack).split('\n');
  const end = lines.findIndex((line) => /Session\.post|node:inspector/.test(line));
  return (end < 0 ? lines : lines.slice(0, end)).join('\n').slice(0, 4 * LONGEST_TEXT);
}

function sayError(error, fallback) {
  if (error instanceof Error || (error && typeof error === 'object' && 'stack' in error)) {
    send('error', {
      name: String(error.name),
      value: String(error.message).slice(0, LONGEST_TEXT),
      traceback: ownFrames(error.stack),
    });
    return;
  }
  const text = util.inspect(error).slice(0, LONGEST_TEXT);
  send('error', { name: fallback, value: text, traceback: `Uncaught ${text}` });
}

// Interrupting ends a cell at once; what its code still says of its own end then is for nobody.
let current = null;
const queue = [];

async function cell(run) {
  const { request } = run;
  const name = `cell[${request.count}]`;
  const answer = await evaluate(request.code, name);
  if (run !== current) return;
  if (answer.exceptionDetails) {
    const details = answer.exceptionDetails;
    if (!details.exception) {
      sayInterrupted();
      return;
    }
    const error = await valueOf(details.exception);
    if (run !== current) return;
    if (error instanceof SyntaxError && details.lineNumber !== undefined) {
      const lines = String(request.code).split('\n');
      const at = Math.min(details.lineNumber, lines.length - 1);
      send('error', {
        name: error.name,
        value: error.message,
        traceback: `${name}:${at + 1}\n${lines[at].slice(0, 500)}\n\n${error.name}: ${error.message}`,
      });
    } else {
      sayError(error, 'Error');
    }
    return;
  }
  let value = await valueOf(answer.result);
  if (value instanceof Promise) value = await value;
  if (run === current && value !== undefined) send('result', { main: true, data: bundle(value) });
}

function sayInterrupted() {
  send('error', { name: 'Interrupted', value: 'the cell was interrupted', traceback: '' });
}

function next() {
  if (current || queue.length === 0) return;
  const request = queue.shift();
  const run = { request, before: {} };
  current = run;
  for (const [name, value] of Object.entries(request.env || {})) {
    run.before[name] = process.env[name];
    process.env[name] = value;
  }
  cell(run)
    .catch((error) => {
      if (run !== current) return;
      if (/terminated/i.test(String(error && error.message))) sayInterrupted();
      else sayError(error, 'Error');
    })
    .then(() => { if (run === current) finish(); });
}

function finish() {
  for (const [name, value] of Object.entries(current.before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  session.post('Runtime.releaseObjectGroup', { objectGroup: 'cell' });
  send('end', { r: current.request.r });
  current = null;
  next();
}

// An error that nobody caught ends a program; here it is said, and the next cell goes on.
process.on('uncaughtException', (error) => sayError(error, 'Error'));
process.on('unhandledRejection', (error) => sayError(error, 'UnhandledRejection'));
process.on('SIGINT', () => {}); // is meant for the programs a cell started; for us a line comes

// Once a cell was interrupted, what it left behind may keep the program busy for ever. Then the next
// cell does not begin, and the program ends: nothing of that cell has been done, so that another
// kernel runs it. The reader asks the cell to end, until there is an answer. What is too busy to answer is
// terminated, and no other request is let through before that has had its effect. When it was not
// the cell itself, timers and files are tried afterwards: without them the program has to end.
const reader = `
const fs = require('node:fs');
const inspector = require('node:inspector');
const { parentPort, workerData } = require('node:worker_threads');
const [IN_CELL, STOPPING] = [1, 2];
const ANSWER_MILLIS = { interrupt: 100, health: 2000, begin: 10000 };
const PATIENCE = 5;
const session = new inspector.Session();
session.connectToMainThread();
const requests = [];
let busy = false;
let interrupted = false;
let answered = () => {};
parentPort.on('message', (what) => answered(what));

function ask(what, request) {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), ANSWER_MILLIS[what]);
    answered = (to) => {
      if (to !== what) return;
      clearTimeout(late);
      resolve(true);
    };
    parentPort.postMessage({ ask: what, request });
  });
}

async function interrupt() {
  let terminating = false;
  let doubtful = false;
  for (let tries = 0; !(await ask('interrupt')) || terminating; tries++) {
    if (terminating) continue;
    const inCell = Atomics.compareExchange(workerData, 0, IN_CELL, STOPPING) === IN_CELL;
    if (!inCell && tries < PATIENCE) continue;
    doubtful ||= !inCell;
    terminating = true;
    session.post('Runtime.terminateExecution', () => { terminating = false; });
  }
  if (doubtful && !(await ask('health'))) process.kill(process.pid, 'SIGKILL');
}

async function forward() {
  if (busy) return;
  busy = true;
  while (requests.length > 0) {
    const request = requests.shift();
    if (request.interrupt) {
      interrupted = true;
      await interrupt();
    } else {
      const begun = ask('begin', request);
      if (interrupted && !(await begun)) process.kill(process.pid, 'SIGKILL');
    }
  }
  busy = false;
}

let rest = '';
const decoder = new (require('node:string_decoder').StringDecoder)('utf8');
const input = fs.createReadStream(null, { fd: 0 });
input.on('data', (data) => {
  const lines = (rest + decoder.write(data)).split('\\n');
  rest = lines.pop();
  for (const line of lines) requests.push(JSON.parse(line));
  forward();
});
input.on('end', () => process.kill(process.pid, 'SIGKILL'));
input.on('error', () => process.kill(process.pid, 'SIGKILL'));
`;

const worker = new Worker(reader, { eval: true, workerData: doing, stdout: false, stderr: false });
worker.on('message', (request) => {
  if (request.ask === 'interrupt') {
    if (current) {
      sayInterrupted();
      finish();
    }
    worker.postMessage('interrupt');
  } else if (request.ask === 'health') {
    setTimeout(() => fs.stat('/', () => worker.postMessage('health')), 1);
  } else {
    worker.postMessage('begin');
    send('begin', { r: request.request.r });
    queue.push(request.request);
    next();
  }
});
send('ready', {});
