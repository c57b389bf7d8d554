import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Entry, Layer } from '../../../src/cli/config/layer.ts';
import { resolve } from '../../../src/cli/config/resolve.ts';
import { variableName } from '../../../src/cli/config/environment-layer.ts';

function entry(path: string, value: unknown, origin = 'test', text = false): Entry {
  return { path: path.split('.'), value, text, origin };
}

const job = z.object({
  minObjects: z.number().int().min(1).default(2),
  title: z.string().default('none'),
  merge: z.object({ timeout: z.string().default('10s') }).prefault({}),
  keys: z.record(z.string(), z.number()).default({}),
});

test('without layers everything has its default', () => {
  const { settings, lines } = resolve([]);
  expect(settings).toMatchObject({ data: '.millrace', state: 'leveldb', workers: 1, 'commit.interval': '1s' });
  expect(settings.http).toBeUndefined();
  expect(lines.every(({ origin }) => origin === 'default')).toBe(true);
});

test('property: each value is that of the last layer that names it, with its origin', () => {
  const paths = ['workers', 'partitions', 'memory.stateBytes', 'config.minObjects'] as const;
  const layer = fc.dictionary(fc.constantFrom(...paths), fc.integer({ min: 1, max: 99 }), { maxKeys: 4 });
  fc.assert(
    fc.property(fc.array(layer, { minLength: 1, maxLength: 5 }), (values) => {
      const layers: Layer[] = values.map((one, index) =>
        Object.entries(one).map(([path, value]) => entry(path, value, `layer ${String(index)}`)),
      );
      const { lines } = resolve(layers, job);
      for (const path of paths) {
        const last = values.findLastIndex((one) => Object.hasOwn(one, path));
        const line = lines.find(({ name }) => name === path);
        if (last < 0) expect(line?.origin ?? 'default').toMatch(/default|code/);
        else expect(line).toMatchObject({ value: values[last]![path], origin: `layer ${String(last)}` });
      }
    }),
  );
});

test('text stands for a number only where a number is asked for', () => {
  const layers = [[entry('config.minObjects', '3', 'flag', true), entry('config.title', '007', 'flag', true)]];
  expect(resolve(layers, job).job).toEqual({ minObjects: 3, title: '007' });
  expect(resolve([[entry('workers', '4', 'env', true)]]).settings.workers).toBe(4);
});

test('what is no text is not read as a number', () => {
  expect(() => resolve([[entry('workers', '4', 'file', false)]])).toThrow(/workers \(file\)/);
});

test('reads sizes, durations, addresses and lists', () => {
  const layers = [
    [
      entry('memory.stateBytes', '1.5GiB'),
      entry('commit.linger', '5ms'),
      entry('http', '127.0.0.1:9090'),
      entry('kafka.brokers', 'a:1, b:2'),
    ],
  ];
  expect(resolve(layers).settings).toMatchObject({
    'memory.stateBytes': 1.5 * 2 ** 30,
    'commit.linger': '5ms',
    http: { host: '127.0.0.1', port: 9090 },
    'kafka.brokers': ['a:1', 'b:2'],
  });
  expect(resolve([[entry('http', '8080', 'flag', true)]]).settings.http).toEqual({ port: 8080 });
});

test('an unknown setting is an error that suggests the nearest one', () => {
  expect(() => resolve([[entry('commit.intervall', '1s', 'millrace.yaml:3')]])).toThrow(
    'commit.intervall (millrace.yaml:3) is not a setting. Did you mean "commit.interval"?',
  );
});

test('an unknown value of the job is an error that suggests the nearest one, or lists what there is', () => {
  expect(() => resolve([[entry('config.minObject', 3, '--set minObject')]], job)).toThrow(
    /Did you mean "minObjects"\?/,
  );
  expect(() => resolve([[entry('config.other', 3)]], job)).toThrow(/It has: minObjects, title, merge.timeout, keys/);
  expect(() => resolve([[entry('config.x', 3)]], z.object({}))).toThrow(/It has none/);
});

test('records take any names', () => {
  expect(resolve([[entry('config.keys.anything', 1)]], job).job).toEqual({ keys: { anything: 1 } });
});

test('reports all mistakes of all layers at once, each with its origin and value', () => {
  const layers = [
    [entry('workers', 0, 'millrace.yaml:2')],
    [entry('nonsense', 1, 'millrace.yaml:9'), entry('config.minObjects', 'many', 'MILLRACE_CONFIG_MIN_OBJECTS', true)],
  ];
  const error = caught(() => resolve(layers, job));
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
  for (const part of ['workers (millrace.yaml:2)', 'got 0', 'nonsense', 'config.minObjects', 'got "many"']) {
    expect(error.message).toContain(part);
  }
});

test('a secret is never in a complaint about it', () => {
  const secret = z.object({ apiKey: z.string().min(30), pin: z.string().min(30).meta({ secret: true }) });
  const error = caught(() => resolve([[entry('config.apiKey', 'hunter22'), entry('config.pin', 'hunter33')]], secret));
  expect(error.message).toContain('config.apiKey');
  expect(error.message).not.toMatch(/hunter/);
});

test('marks secrets by table, by name, by schema and by the variable they came from', () => {
  const schema = z.object({
    token: z.string(),
    pin: z.string().meta({ secret: true }),
    user: z.string(),
    plain: z.string(),
  });
  const layers = [
    [
      entry('openai.apiKey', 'sk-1'),
      entry('config.token', 'sk-2'),
      entry('config.pin', 'sk-3'),
      { ...entry('config.user', 'sk-4'), secret: true },
      entry('config.plain', 'seen'),
    ],
  ];
  expect(resolve(layers, schema).secrets).toEqual(['sk-1', 'sk-2', 'sk-3', 'sk-4']);
});

test('environment names are the path in capitals, with an underscore at each step and hump', () => {
  expect(variableName(['memory', 'stateBytes'])).toBe('MILLRACE_MEMORY_STATE_BYTES');
  expect(variableName(['config', 'minObjects'])).toBe('MILLRACE_CONFIG_MIN_OBJECTS');
});

function caught(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new TypeError('nothing was thrown');
}
