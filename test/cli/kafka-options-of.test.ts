import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { resolve } from '../../src/cli/config/resolve.ts';
import { kafkaOptionsOf } from '../../src/cli/kafka-options-of.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-settings-'));
writeFileSync(join(folder, 'ca.pem'), 'a certificate');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function options(values: Readonly<Record<string, string>>) {
  const given: Record<string, string> = { 'kafka.brokers': 'a:1', ...values };
  const entries = Object.entries(given).map(([name, value]) => ({
    path: name.split('.'),
    value,
    text: true,
    origin: 'test',
  }));
  return kafkaOptionsOf(resolve([entries]).settings, folder);
}

test('there are none without brokers', () => {
  expect(kafkaOptionsOf(resolve([[]]).settings, folder)).toBeUndefined();
});

test('names of Kafka become options', () => {
  const more = { 'kafka.client.id': 'me', 'kafka.client.rack': 'b', 'kafka.request.timeout': '5s' };
  expect(options(more)).toEqual({ brokers: ['a:1'], clientId: 'me', rack: 'b', requestTimeout: '5s' });
});

test('the protocol follows from what is given', () => {
  expect(options({ 'kafka.ssl.ca': 'ca.pem' })).toMatchObject({ ssl: { ca: 'a certificate' } });
  const user = { 'kafka.sasl.username': 'u', 'kafka.sasl.password': 'p' };
  expect(options(user)).toEqual({ brokers: ['a:1'], sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' } });
  expect(options({ ...user, 'kafka.security.protocol': 'SASL_SSL' })).toMatchObject({ ssl: {}, sasl: {} });
});

test('a token is read anew for every connection', async () => {
  writeFileSync(join(folder, 'token'), 'one\n');
  const sasl = options({ 'kafka.sasl.token.file': 'token' })?.sasl;
  if (sasl?.mechanism !== 'OAUTHBEARER') expect.fail('no token');
  expect(await sasl.token()).toBe('one');
  writeFileSync(join(folder, 'token'), 'two\n');
  expect(await sasl.token()).toBe('two');
});

test.each([
  [{ 'kafka.sasl.username': 'u' }, /needs kafka\.sasl\.password/],
  [{ 'kafka.ssl.ca': 'nowhere.pem' }, /kafka\.ssl\.ca cannot be read/],
  [{ 'kafka.ssl.ca': 'ca.pem', 'kafka.security.protocol': 'PLAINTEXT' }, /PLAINTEXT, and kafka\.ssl\.ca is set/],
  [{ 'kafka.sasl.mechanism': 'OAUTHBEARER' }, /no token/],
])('%j is refused', (values, message) => {
  expect(() => options(values as Record<string, string>)).toThrow(message);
});
