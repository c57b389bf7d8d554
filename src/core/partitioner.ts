/**
 * Keys and where they live. A key is text or a finite number; its one canonical byte form is UTF-8 text (numbers in
 * decimal), which is what topics and state rows hold. Partitions are Kafka's: murmur2 over those bytes, so records land
 * where Kafka's Java client and Kafka Streams put them.
 */
import { StreamError, preview } from './stream-error.ts';

export type Key = string | number;

/** Canonical text of a key; throws KEY_INVALID for anything that has none. */
export function keyText(key: unknown): string {
  checkKey(key);
  return typeof key === 'string' ? key : String(key + 0 === 0 ? 0 : key); // -0 and 0 are one key
}

/** Throws KEY_INVALID for anything that has no text. (To make the text of a number takes much longer than this.) */
export function checkKey(key: unknown): asserts key is Key {
  if (typeof key === 'string' ? key.isWellFormed() : Number.isFinite(key)) return;
  throw new StreamError('KEY_INVALID', `a key must be well-formed text or a finite number`, {
    value: preview(key),
    remedy: 'Return String(...) or a number from the key function.',
  });
}

const m = 0x5bd1e995;

/** Kafka's murmur2 (seed 0x9747b28c) of bytes, as a signed 32-bit integer. */
export function murmur2(data: Uint8Array, start = 0, end: number = data.length): number {
  const length = end - start;
  let h = 0x9747b28c ^ length;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    let k = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = end - i;
  if (rest === 3) h ^= data[i + 2]! << 16;
  if (rest >= 2) h ^= data[i + 1]! << 8;
  if (rest >= 1) h = Math.imul(h ^ data[i]!, m);
  return finish(h);
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 13);
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}

/** murmur2 of the UTF-8 bytes of `text`. ASCII is hashed from the string itself, without a buffer. */
export function murmur2Text(text: string): number {
  const length = text.length;
  let h = 0x9747b28c ^ length;
  let seen = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    seen |= a | b | c | d;
    let k = a | (b << 8) | (c << 16) | (d << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  for (let j = i; j < length; j++) seen |= text.charCodeAt(j);
  if (seen > 0x7f) return murmur2(Buffer.from(text));
  const rest = length - i;
  if (rest === 3) h ^= text.charCodeAt(i + 2) << 16;
  if (rest >= 2) h ^= text.charCodeAt(i + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ text.charCodeAt(i), m);
  return finish(h);
}

/** The partition of a canonical key text among `count` (Kafka's default partitioner). */
export function partitionOf(text: string, count: number): number {
  return count === 1 ? 0 : (murmur2Text(text) & 0x7fffffff) % count;
}
