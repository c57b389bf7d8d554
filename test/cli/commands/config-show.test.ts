import { expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { fakeEngine } from '../fake-engine.ts';
import { fakeIo, type FakeIo } from '../fake-io.ts';

interface Row {
  readonly name: string;
  readonly value: unknown;
  readonly origin: string;
}

async function show(io: FakeIo, ...argv: readonly string[]): Promise<readonly Row[]> {
  const exit = await main(['config', 'show', ...argv, '--json'], io, fakeEngine());
  expect(io.stderr.text).toBe('');
  expect(exit).toBe(0);
  return JSON.parse(io.stdout.text) as readonly Row[];
}

test('each layer overrides the one before it, and the origin says which one won', async () => {
  const row = async (io: FakeIo, ...argv: string[]): Promise<Row | undefined> =>
    (await show(io, ...argv)).find(({ name }) => name === 'partitions');
  const io = (): FakeIo => {
    const one = fakeIo();
    one.file('millrace.yaml', '# settings\npartitions: 8\n');
    return one;
  };
  expect(await row(fakeIo())).toEqual({ name: 'partitions', value: 4, origin: 'default' });
  expect(await row(io())).toEqual({ name: 'partitions', value: 8, origin: 'millrace.yaml:2' });
  const withEnv = io();
  withEnv.env['MILLRACE_PARTITIONS'] = '16';
  expect(await row(withEnv)).toEqual({ name: 'partitions', value: 16, origin: 'MILLRACE_PARTITIONS' });
  const withFlag = io();
  withFlag.env['MILLRACE_PARTITIONS'] = '16';
  expect(await row(withFlag, '--partitions', '32')).toEqual({ name: 'partitions', value: 32, origin: '--partitions' });
});

test("shows the job's own values, from its defaults, the file, the environment and --set", async () => {
  const origin = async (io: FakeIo, ...argv: string[]): Promise<unknown> => {
    const row = (await show(io, 'sample', ...argv)).find(({ name }) => name === 'config.minObjects');
    return [row?.value, row?.origin];
  };
  expect(await origin(fakeIo())).toEqual([2, 'code']);
  const io = (): FakeIo => {
    const one = fakeIo();
    one.file('other.yaml', 'config:\n  minObjects: ${N:-5}\n');
    return one;
  };
  expect(await origin(io(), '--config', 'other.yaml')).toEqual([5, 'other.yaml:2']);
  const withEnv = io();
  withEnv.env['MILLRACE_CONFIG_MIN_OBJECTS'] = '6';
  expect(await origin(withEnv, '--config', 'other.yaml')).toEqual([6, 'MILLRACE_CONFIG_MIN_OBJECTS']);
  expect(await origin(io(), '--config', 'other.yaml', '--set', 'minObjects=7')).toEqual([7, '--set minObjects']);
});

test('knows the names of the products as aliases; the full name counts more', async () => {
  const io = fakeIo();
  Object.assign(io.env, {
    KAFKA_BOOTSTRAP_SERVERS: 'a:9092,b:9092',
    OPENAI_MODEL: 'gpt-4o-mini',
    MILLRACE_OPENAI_MODEL: 'other',
    KAFKA_TOPIC: 'magic-task',
  });
  const rows = await show(io);
  expect(rows).toContainEqual({ name: 'kafka.brokers', value: 'a:9092,b:9092', origin: 'KAFKA_BOOTSTRAP_SERVERS' });
  expect(rows).toContainEqual({ name: 'kafka.topic', value: 'magic-task', origin: 'KAFKA_TOPIC' });
  expect(rows).toContainEqual({ name: 'openai.model', value: 'other', origin: 'MILLRACE_OPENAI_MODEL' });
});

test('never prints a secret, in either format', async () => {
  for (const format of [[], ['--json']]) {
    const io = fakeIo();
    Object.assign(io.env, {
      OPENAI_API_KEY: 'sk-one-0123456789',
      POSTGRES_URL: 'postgres://app:hunter22@db/x',
      MILLRACE_CONFIG_API_KEY: 'sk-two-0123456789',
      DB_PASSWORD: 'hunter33',
    });
    io.file('millrace.yaml', 'kafka: { group.id: "${DB_PASSWORD}" }\n');
    expect(await main(['config', 'show', 'sample', ...format], io, fakeEngine())).toBe(0);
    expect(io.stdout.text).not.toMatch(/sk-one|sk-two|hunter/);
    expect(io.stdout.text).toContain('postgres://app:***@db/x');
    expect(io.stdout.text).toMatch(/openai\.apiKey[^\n]*(\n[^\n]*)?\*\*\*/);
  }
});

test('a wrong variable or key is an error with the nearest name, and exit code 2', async () => {
  const io = fakeIo();
  io.env['MILLRACE_PARTITION'] = '3';
  io.file('millrace.yaml', 'comit:\n  interval: 1s\n');
  expect(await main(['config', 'show'], io, fakeEngine())).toBe(2);
  expect(io.stderr.text).toContain(
    'comit.interval (millrace.yaml:2) is not a setting. Did you mean "commit.interval"?',
  );
  expect(io.stderr.text).toContain('MILLRACE_PARTITION');
});

test('ignores the variables in which Kubernetes announces a service called millrace', async () => {
  const io = fakeIo();
  Object.assign(io.env, { MILLRACE_SERVICE_HOST: '10.0.0.1', MILLRACE_PORT_8080_TCP: 'tcp://10.0.0.1:8080' });
  await show(io);
});

test('a settings file that was asked for must be there', async () => {
  const io = fakeIo();
  expect(await main(['config', 'show', '--config', 'nope.yaml'], io, fakeEngine())).toBe(2);
  expect(io.stderr.text).toContain('there is no settings file');
});
