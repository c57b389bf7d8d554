import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeVersion } from '../../../src/cli/commands/doctor.ts';
import { main } from '../../../src/cli/main.ts';
import type { ClusterTools } from '../../../src/core/log.ts';
import { filesOf, storeOnDisk } from '../../state/leveldb/store-on-disk.ts';
import { fakeEngine } from '../fake-engine.ts';
import { fakeIo, type FakeIo } from '../fake-io.ts';
import { sharedLog } from '../memory-log.ts';

interface Finding {
  readonly check: string;
  readonly result: string;
  readonly detail: string;
}

async function doctor(
  io: FakeIo,
  engine = fakeEngine(),
): Promise<{ exit: number; find: (check: string) => Finding | undefined }> {
  const exit = await main(['doctor', '--json'], io, engine);
  const findings = JSON.parse(io.stdout.text) as Finding[];
  return { exit, find: (check) => findings.find((finding) => finding.check === check) };
}

test('finds nothing wrong with a new folder', async () => {
  const { exit, find } = await doctor(fakeIo());
  expect(exit).toBe(0);
  expect(find('data folder')).toMatchObject({ result: 'ok', detail: expect.stringContaining('does not exist yet') });
  expect(find('log and state')).toBeUndefined();
});

test('opens the log of an existing folder and counts', async () => {
  const io = fakeIo();
  mkdirSync(join(io.cwd, '.millrace'));
  const engine = fakeEngine();
  const { log, put } = sharedLog(engine);
  await log.topics.create([{ name: 't', partitions: 2 }]);
  await put('t', 1, 'x');
  const { exit, find } = await doctor(io, engine);
  expect(exit).toBe(0);
  expect(find('log and state')?.detail).toBe('1 topics, 1 records');
});

test('exits with 1 when the log cannot be opened, with its error', async () => {
  const io = fakeIo();
  mkdirSync(join(io.cwd, '.millrace'));
  const { exit, find } = await doctor(io); // the fake engine's log is locked
  expect(exit).toBe(1);
  expect(find('log and state')).toMatchObject({ result: 'wrong', detail: expect.stringContaining('LOG_LOCKED') });
});

describe('on a cluster', () => {
  const day = 24 * 3_600_000;

  async function positions(positionsKeptMs: number | undefined): Promise<Finding | undefined> {
    const engine = fakeEngine();
    const { log } = sharedLog(engine);
    const none = (): Promise<never> => expect.fail('doctor changes nothing');
    const cluster: ClusterTools = {
      brokers: () => Promise.resolve([{ node: 1, host: 'here', port: 9092, rack: undefined }]),
      positionsKeptMs: () => Promise.resolve(positionsKeptMs),
      checkIdle: none,
      deleteGroup: none,
      deleteTopics: none,
      addPartitions: none,
    };
    Object.assign(log, { cluster });
    const io = Object.assign(fakeIo(), { env: { KAFKA_BOOTSTRAP_SERVERS: 'here:9092' } });
    const { exit, find } = await doctor(io, engine);
    expect([exit, find('Kafka')?.result]).toEqual([0, 'ok']);
    return find('positions of stopped jobs');
  }

  test('says how long the positions of stopped jobs are kept', async () => {
    expect(await positions(7 * day)).toMatchObject({ result: 'ok', detail: 'kept for 7d' });
  });

  test('warns when that is shorter than by default, and says what to do', async () => {
    const found = await positions(day);
    expect(found).toMatchObject({ result: 'warning', detail: expect.stringContaining('kept for 1d: ') });
    expect(found!.detail).toContain('offsets.retention.minutes');
  });

  test('warns when the brokers do not tell', async () => {
    expect(await positions(undefined)).toMatchObject({
      result: 'warning',
      detail: expect.stringContaining('not known'),
    });
  });
});

test('names the damaged table of a store, and does not open it then', async () => {
  const data = await storeOnDisk(300, { writeBufferBytes: 64 * 1024 });
  const ofData = (): FakeIo => Object.assign(fakeIo(), { env: { MILLRACE_DATA: data } });
  const whole = await doctor(ofData());
  expect(whole.find('tables of the store')?.result).toBe('ok');
  const [table] = filesOf(data, '.ldb');
  const bytes = readFileSync(table!);
  bytes[500]! ^= 8;
  writeFileSync(table!, bytes);
  const { exit, find } = await doctor(ofData());
  expect(exit).toBe(1);
  expect(find('tables of the store')).toMatchObject({
    result: 'wrong',
    detail: expect.stringMatching(`${table!} is damaged at byte \\d+`),
  });
  expect(find('log and state')).toBeUndefined();
});

test('exits with 1 when the settings are wrong', async () => {
  const io = fakeIo();
  io.file('millrace.yaml', 'nonsense: 1\n');
  const { exit, find } = await doctor(io);
  expect(exit).toBe(1);
  expect(find('settings')?.detail).toContain('nonsense');
});

test('warns when the clock went back', async () => {
  const io = fakeIo();
  mkdirSync(join(io.cwd, '.millrace'));
  const later = new Date(io.clock.now() + 3_600_000);
  utimesSync(io.file('.millrace/CURRENT', ''), later, later);
  const { find } = await doctor(io);
  expect(find('clock')).toMatchObject({ result: 'warning', detail: expect.stringContaining('went back') });
});

test.each([
  ['20.19.0', 'ok'],
  ['22.1.0', 'ok'],
  ['20.18.3', 'wrong'],
  ['18.20.0', 'wrong'],
])('Node.js %s is %s', (version, result) => {
  expect(nodeVersion(version).result).toBe(result);
});
