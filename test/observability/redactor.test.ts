import { expect, test } from 'vitest';
import { isSecretName, redactor } from '../../src/observability/redactor.ts';

test.each([
  'password',
  'openai.apiKey',
  'OPENAI_API_KEY',
  'db.passwd',
  'authorization',
  'accessToken',
  'client-secret',
])('takes %s for the name of a secret', (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each(['key', 'keyId', 'key_id', 'tokens', 'partition', 'monkey', 'secretary'])(
  'takes %s for an ordinary name',
  (name) => {
    expect(isSecretName(name)).toBe(false);
  },
);

test('masks known secrets wherever they stand in a text, longer ones first', () => {
  const { text } = redactor(['sk-12', 'sk-1234']);
  expect(text('call with sk-1234 and sk-12 failed')).toBe('call with *** and *** failed');
});

test('leaves secrets shorter than four characters to the names, so that words stay readable', () => {
  expect(redactor(['a']).text('a camera')).toBe('a camera');
});

test('masks the password of a URL and keeps the rest', () => {
  expect(redactor().text('postgres://app:hunter22@db:5432/x')).toBe('postgres://app:***@db:5432/x');
});

test('masks fields by name, at any depth', () => {
  expect(redactor().field('options', { user: 'u', password: 'p', keys: [{ apiKey: 'k', limit: 1 }] })).toEqual({
    user: 'u',
    password: '***',
    keys: [{ apiKey: '***', limit: 1 }],
  });
});
