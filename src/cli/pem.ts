import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, StreamError } from '../core/stream-error.ts';

/** The text of a setting that is PEM, or the path of a PEM file. */
export function pem(name: string, value: string | undefined, folder: string): string | undefined {
  if (value === undefined || value.includes('-----BEGIN')) return value;
  try {
    return readFileSync(resolve(folder, value), 'utf8');
  } catch (cause) {
    throw new StreamError('CONFIG_INVALID', `${name} cannot be read: ${messageOf(cause)}`, {
      cause,
      remedy: 'Give the path of a PEM file, or its text.',
    });
  }
}
