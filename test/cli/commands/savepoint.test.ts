import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localFolder } from '../../../src/cli/folder.ts';
import { main } from '../../../src/cli/main.ts';
import { MemoryLog } from '../../../src/connectors/memory-log.ts';
import { fakeEngine } from '../fake-engine.ts';
import { fakeIo } from '../fake-io.ts';
import { sharedLog } from '../memory-log.ts';

test('asks the running job for it', async () => {
  const io = fakeIo();
  const engine = fakeEngine();
  const folders: string[] = [];
  const savepoint = async (folder: string): Promise<void> => void folders.push(folder);
  const open = { log: new MemoryLog(), store: undefined, clock: io.clock, plan: undefined, savepoint };
  engine.openFolder = async () => localFolder(open, async () => undefined);
  expect(await main(['savepoint', 'sample', 'sp'], io, engine)).toBe(0);
  expect(folders).toEqual([join(io.cwd, 'sp')]);
  expect(io.stdout.text).toBe(`Savepoint in ${join(io.cwd, 'sp')}\n`);
  expect(engine.jobs).toEqual([]);
});

test('a job on Kafka is not started for it: its savepoint is taken from the cluster', async () => {
  const io = fakeIo();
  io.env['KAFKA_BOOTSTRAP_SERVERS'] = 'localhost:9092';
  const engine = fakeEngine();
  const folders: string[] = [];
  engine.savepoint = async ({ to }) => void folders.push(to);
  expect(await main(['savepoint', 'sample', 'sp'], io, engine)).toBe(0);
  expect(folders).toEqual([join(io.cwd, 'sp')]);
  expect(engine.jobs).toEqual([]);
});

test('starts a job that does not run, and stops it again', async () => {
  const io = fakeIo();
  const engine = fakeEngine();
  sharedLog(engine);
  expect(await main(['savepoint', 'sample', 'sp', '--json'], io, engine)).toBe(0);
  expect(engine.jobs[0]).toMatchObject({ savepoints: [join(io.cwd, 'sp')], closes: 1 });
  expect(JSON.parse(io.stdout.text)).toEqual({ savepoint: join(io.cwd, 'sp') });
});
