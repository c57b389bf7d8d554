import { mkdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { json } from '../../../src/core/codec.ts';
import { StreamError } from '../../../src/core/stream-error.ts';
import { topic } from '../../../src/core/topic.ts';
import { fakeEngine, type FakeEngine, type FakeJob } from '../fake-engine.ts';
import { fakeIo, type FakeIo } from '../fake-io.ts';

const liveView = {
  liveTopic: topic('tasks-topic', json<number>('task')),
  formatLive: (record: unknown) => `task ${String(record)}`,
};

interface Run {
  readonly io: FakeIo;
  readonly engine: FakeEngine;
  readonly job: FakeJob;
  readonly ended: Promise<number>;
}

async function start(argv: readonly string[], io = fakeIo(), engine = fakeEngine()): Promise<Run> {
  const ended = main(argv, io, engine);
  const job = await Promise.race([engine.started, ended.then(() => undefined)]);
  if (job === undefined) throw new TypeError(`the job was not started: ${io.stderr.text}`);
  await io.clock.yield(); // the command listens now
  return { io, engine, job, ended };
}

test('ends with 0 and a summary when the input ends', async () => {
  const { io, job, ended } = await start(['sample']);
  job.status = { ...job.status, recordsIn: 10, recordsOut: 7 };
  job.finish();
  expect(await ended).toBe(0);
  expect(io.stderr.text).toMatch(/INFO done job=sample recordsIn=10 recordsOut=7 deadLetters=0/);
  expect(io.stdout.text).toBe('');
});

test('says how many dead letters there are and where', async () => {
  const io = fakeIo();
  io.file('in.jsonl', '');
  const { job, ended } = await start(['sample', '--input', 'in.jsonl', '--output', 'out.jsonl'], io);
  job.status = { ...job.status, deadLetters: 3 };
  job.finish();
  expect(await ended).toBe(0);
  expect(io.stderr.text).toContain(`3 dead letters: they are in ${join(io.cwd, 'out.jsonl.dlq.jsonl')}`);
});

test('Ctrl-C once drains and ends with 0', async () => {
  const { io, job, ended } = await start(['sample']);
  io.send('SIGINT');
  expect(await ended).toBe(0);
  expect(job.drains).toBe(1);
  expect(io.stderr.text).toContain('draining');
});

test('Ctrl-C twice aborts with 130, also when the drain does not end; then nobody holds the signal any more', async () => {
  const { io, engine, job, ended } = await start(['sample']);
  job.drainEnds = false;
  io.send('SIGINT');
  io.send('SIGINT');
  expect(await ended).toBe(130);
  expect(engine.requests[0]?.signal.aborted).toBe(true);
  expect(io.stderr.text).toContain('ABORTED');
  expect(io.send('SIGINT')).toBe(false);
});

test('a rejected promise that nobody waits for closes the job and is told as its failure', async () => {
  const { io, job, ended } = await start(['sample']);
  io.reject(new TypeError('floating'));
  io.reject(new TypeError('one more'));
  expect(await ended).toBe(1);
  expect(job.drains).toBe(0);
  expect(job.closes).toBe(1);
  expect(io.stderr.text).toContain(
    'USER_FUNCTION_FAILED: a promise that nobody waits for was rejected: floating. Await it',
  );
  expect(io.stderr.text).not.toContain('run.test.ts');
});

test('SIGTERM drains, however often it comes', async () => {
  const { io, job, ended } = await start(['sample']);
  job.drainEnds = false;
  io.send('SIGTERM');
  io.send('SIGTERM');
  expect(job.drains).toBe(1);
  job.finish();
  expect(await ended).toBe(0);
});

test('--for drains after that long', async () => {
  const { io, job, ended } = await start(['sample', '--for', '20s']);
  await io.clock.advance('19s');
  expect(job.drains).toBe(0);
  await io.clock.advance('1s');
  expect(await ended).toBe(0);
  expect(job.drains).toBe(1);
});

test('leaves no timer behind', async () => {
  const { io, job, ended } = await start(['sample', '--for', '20s']);
  job.finish();
  await ended;
  expect(io.clock.pending).toBe(0);
});

test.each([
  ['USER_FUNCTION_FAILED', 1],
  ['FENCED', 3],
  ['LOG_LOCKED', 3],
  ['STATE_LOCKED', 3],
] as const)('a job that fails with %s ends with %i and its message', async (code, exit) => {
  const { io, job, ended } = await start(['sample']);
  job.fail(new StreamError(code, 'what happened', { job: 'sample', remedy: 'Do this.' }));
  expect(await ended).toBe(exit);
  expect(io.stderr.text).toContain(`${code} in sample: what happened. Do this.`);
  expect(io.stderr.text).not.toMatch(/\n\s+at /);
});

test('a restart that was given up because of a lock ends with 3', async () => {
  const { job, ended } = await start(['sample']);
  const cause = new StreamError('STATE_LOCKED', 'locked');
  job.fail(new StreamError('RESTARTS_EXHAUSTED', 'gave up', { cause }));
  expect(await ended).toBe(3);
});

test('passes flags, job values and the data folder on', async () => {
  const argv = ['sample', '--state', 'memory', '--workers', '2', '--commit-ms', '100', '--set', 'minObjects=3'];
  const { io, engine, job, ended } = await start([...argv, '--data', 'd']);
  job.finish();
  await ended;
  const [request] = engine.requests;
  expect(request?.settings).toMatchObject({
    state: 'memory',
    workers: 2,
    'commit.linger': 100,
    'commit.interval': 100,
  });
  expect(request?.config).toEqual({ minObjects: 3 });
  expect(request?.data).toBe(join(io.cwd, 'd'));
  expect(request?.files).toBeUndefined();
});

test('in a pipe it writes a progress line every five seconds', async () => {
  const { io, job, ended } = await start(['sample']);
  job.status = { ...job.status, recordsIn: 5_000 };
  await io.clock.advance('5s');
  expect(io.stderr.text).toMatch(/INFO progress .*recordsIn=5000 recordsInPerSecond=1000/);
  job.finish();
  await ended;
});

test('on a terminal it draws one line over and over, and takes it away at the end', async () => {
  const io = fakeIo();
  io.stderr.isTTY = true;
  const { job, ended } = await start(['sample'], io);
  job.status = { ...job.status, recordsIn: 500, deadLetters: 1 };
  await io.clock.advance('250ms');
  expect(io.stderr.text).toContain('\r\x1b[2Ksample running  in 2,000/s (500)  out 0/s (0)  dead letters 1');
  expect(io.stderr.text).not.toContain('\n');
  job.finish();
  await ended;
  expect(io.stderr.text.split('\r\x1b[2K').at(-1)).toMatch(/done[^]*dead letter[^]*\n$/);
});

test('with --json standard output has the records of the live view and nothing else', async () => {
  const { io, engine, job, ended } = await start(['sample', '--json'], fakeIo(), fakeEngine(liveView));
  engine.requests[0]?.live?.onRecord({ id: 1 });
  await io.clock.advance('5s');
  job.finish();
  await ended;
  expect(io.stdout.text).toBe('{"id":1}\n');
  for (const line of io.stderr.text.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
});

test('without --json the live view writes its lines', async () => {
  const { io, engine, job, ended } = await start(['sample'], fakeIo(), fakeEngine(liveView));
  expect(engine.requests[0]?.live?.topic.name).toBe('tasks-topic');
  engine.requests[0]?.live?.onRecord(7);
  job.finish();
  await ended;
  expect(io.stdout.text).toBe('task 7\n');
});

test('drains when the reader of standard output has gone away', async () => {
  const io = fakeIo();
  io.stdout.write = () => Promise.reject(new Error('EPIPE'));
  const { engine, job, ended } = await start(['sample'], io, fakeEngine(liveView));
  engine.requests[0]?.live?.onRecord(7);
  expect(await ended).toBe(0);
  expect(job.drains).toBe(1);
});

test('--http serves health and status, without secrets, until the job ends', async () => {
  const io = fakeIo();
  io.env['MILLRACE_CONFIG_API_KEY'] = 'sk-0123456789';
  const { job, ended } = await start(['sample', '--http', '127.0.0.1:0'], io);
  while (!io.stderr.text.includes('http://')) await io.clock.yield();
  const [url = ''] = /http:\/\/[\d.]+:\d+/.exec(io.stderr.text) ?? [];
  job.status = { ...job.status, error: new Error('401 for sk-0123456789') };
  const status = await (await fetch(`${url}/status`)).text();
  expect(JSON.parse(status)).toMatchObject({ job: 'sample', phase: 'running', error: '401 for ***' });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('millrace_event_loop_lag_seconds');
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  job.finish();
  await ended;
  await expect(fetch(url)).rejects.toThrow();
});

test('a job is closed when nobody can look after it: the address of --http is taken', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const { io, job, ended } = await start(['sample', '--http', `127.0.0.1:${String(port)}`]);
  expect(await ended).toBe(1);
  expect(job.closes).toBe(1);
  expect(io.stderr.text).toContain(`cannot listen on 127.0.0.1:${String(port)}`);
  taken.close();
});

test('--http with a port that there is not is refused', async () => {
  for (const address of ['99999', 'localhost:65536', 'nowhere']) {
    const io = fakeIo();
    expect(await main(['sample', '--http', address], io, fakeEngine())).toBe(2);
    expect(io.stderr.text).toContain('http');
  }
});

test('a settings file that cannot be read is refused', async () => {
  const io = fakeIo();
  mkdirSync(join(io.cwd, 'millrace.yaml'));
  expect(await main(['config', 'show'], io, fakeEngine())).toBe(2);
  expect(io.stderr.text).toContain('CONFIG_INVALID');
});

test('an existing output is refused without --force, and so are old dead letters beside it', async () => {
  for (const existing of ['out.jsonl', 'out.jsonl.dlq.jsonl']) {
    const io = fakeIo();
    io.file('in.jsonl', '');
    io.file(existing, 'precious');
    const argv = ['sample', '--input', 'in.jsonl', '--output', 'out.jsonl'];
    expect(await main(argv, io, fakeEngine())).toBe(2);
    expect(io.stderr.text).toMatch(/OUTPUT_EXISTS.*--force/);
    const { job, ended } = await start([...argv, '--force'], io);
    job.finish();
    expect(await ended).toBe(0);
  }
});

test('with standard output the dead letters go into the working folder', async () => {
  const { io, engine, job, ended } = await start(['sample', '--input', '-', '--output', '-']);
  job.finish();
  await ended;
  expect(engine.requests[0]?.files).toEqual({
    inputs: [{ id: 'frames', topic: 'frames-topic', path: '-' }],
    outputs: [{ id: 'tasks', topic: 'tasks-topic', path: '-' }],
    deadLetters: join(io.cwd, 'sample.dlq.jsonl'),
    unkept: [],
    force: true,
  });
});

test('beside a device there is no file: dead letters go into the working folder, or beside an output that is one', async () => {
  const one = await start(['sample', '--input', '-', '--output', '/dev/null']);
  one.job.finish();
  await one.ended;
  expect(one.engine.requests[0]?.files).toMatchObject({
    outputs: [{ path: '/dev/null' }],
    deadLetters: join(one.io.cwd, 'sample.dlq.jsonl'),
  });
  const io = fakeIo();
  io.file('in', '');
  const argv = ['joined', '--input', 'left=in', '--input', 'right=in'];
  const two = await start([...argv, '--output', 'first=/dev/null', '--output', 'second=out'], io);
  two.job.finish();
  await two.ended;
  expect(two.engine.requests[0]?.files?.deadLetters).toBe(join(io.cwd, 'out.dlq.jsonl'));
});

test('several inputs and outputs go by id or topic; a sink without a file is announced', async () => {
  const io = fakeIo();
  io.file('l', '');
  io.file('r', '');
  const argv = ['joined', '--input', 'left=l', '--input', 'right-topic=r', '--output', 'second=out'];
  const { engine, job, ended } = await start(argv, io);
  job.finish();
  await ended;
  expect(engine.requests[0]?.files).toMatchObject({
    inputs: [{ id: 'left' }, { id: 'right', path: join(io.cwd, 'r') }],
    outputs: [{ id: 'second', path: join(io.cwd, 'out') }],
    deadLetters: join(io.cwd, 'out.dlq.jsonl'),
    unkept: ['first-topic'],
  });
  expect(io.stderr.text).toContain('not kept: first-topic');
});

test.each([
  [['joined', '--input', 'l'], /does not say which source it is for; the job has: left, right/],
  [['joined', '--input', 'lfet=l'], /no source "lfet".*Did you mean "left"\?/],
  [['joined', '--input', 'left=l', '--output', 'first=x'], /no input for right/],
  [['joined', '--input', 'left=l', '--input', 'left=l'], /given twice for left/],
  [['joined', '--input', 'left=-', '--input', 'right=-'], /names - twice/],
  [['joined', '--input', 'left=l', '--input', 'right=l', '--output', 'first=x', '--output', 'second=x'], /x twice/],
  [['sample', '--input', 'missing.jsonl'], /there is no file/],
  [['sample', '--input', '.'], /is a folder\. Name a file\./],
  [['sample', '--output', 'x'], /--output needs --input/],
])('%j is refused', async (argv, message) => {
  const io = fakeIo();
  io.file('l', '');
  expect(await main(argv, io, fakeEngine())).toBe(2);
  expect(io.stderr.text).toMatch(message);
});

test('a Ctrl-C while the job still starts is not lost', async () => {
  const io = fakeIo();
  const engine = fakeEngine();
  const { run } = engine;
  engine.run = async (request) => {
    io.send('SIGINT');
    return run(request);
  };
  expect(await main(['sample'], io, engine)).toBe(0);
  expect(engine.jobs[0]?.drains).toBe(1);
});

test('a reader that has seen enough is an end, not a failure', async () => {
  const { io, job, ended } = await start(['sample']);
  job.fail(new StreamError('OUTPUT_CLOSED', 'nobody reads standard output any more'));
  expect(await ended).toBe(0);
  expect(io.stderr.text).toContain('standard output was closed');
});
