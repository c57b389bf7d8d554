import { expect, test } from 'vitest';
import { kafkaSettings, type KafkaOptions } from '../../../src/connectors/kafka/kafka-options.ts';

test('fills in defaults', () => {
  expect(kafkaSettings({ brokers: 'a:9092, b.example:9093' })).toMatchObject({
    brokers: [
      { host: 'a', port: 9092 },
      { host: 'b.example', port: 9093 },
    ],
    clientId: 'millrace',
    ssl: undefined,
    requestTimeoutMs: 30_000,
  });
});

test('reads addresses with a listener name and IPv6 addresses', () => {
  const { brokers } = kafkaSettings({ brokers: ['PLAINTEXT://a:1', '[::1]:2'] });
  expect(brokers).toEqual([
    { host: 'a', port: 1 },
    { host: '::1', port: 2 },
  ]);
});

test('takes TLS as a flag or as options, and durations as text', () => {
  expect(kafkaSettings({ brokers: 'a:1', ssl: true }).ssl).toEqual({});
  expect(kafkaSettings({ brokers: 'a:1', ssl: false }).ssl).toBe(undefined);
  expect(kafkaSettings({ brokers: 'a:1', requestTimeout: '5s' }).requestTimeoutMs).toBe(5_000);
});

const wrong: readonly [string, KafkaOptions][] = [
  ['brokers has "localhost"', { brokers: 'localhost' }],
  ['brokers has "a:70000"', { brokers: 'a:70000' }],
  ['brokers is empty', { brokers: [] }],
  ['requestTimeout is 0', { brokers: 'a:1', requestTimeout: 0 }],
  ['sasl.mechanism is "GSSAPI"', { brokers: 'a:1', sasl: { mechanism: 'GSSAPI' } as never }],
  ['no username or no password', { brokers: 'a:1', sasl: { mechanism: 'PLAIN', username: 'u' } as never }],
  ['sasl has no token', { brokers: 'a:1', sasl: { mechanism: 'OAUTHBEARER' } as never }],
];

test.each(wrong)('refuses: %s', (reason, options) => {
  expect(() => kafkaSettings(options)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  expect(() => kafkaSettings(options)).toThrow(reason);
});
