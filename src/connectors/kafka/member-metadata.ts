/**
 * What a member sends with a join:  version int8 (1) | wishes int32 | the engine's metadata
 *
 * The coordinator starts no new round for a member that joins with the same bytes as before. A member that wants one
 * counts its wishes here.
 */
import { StreamError } from '../../core/stream-error.ts';

const version = 1;
const headerBytes = 5;

export function sealMetadata(wishes: number, metadata: Uint8Array): Buffer {
  const bytes = Buffer.alloc(headerBytes + metadata.length);
  bytes.writeInt8(version, 0);
  bytes.writeUInt32BE(wishes, 1);
  bytes.set(metadata, headerBytes);
  return bytes;
}

/** The engine's part. */
export function openMetadata(bytes: Buffer): Buffer {
  if (bytes.length >= headerBytes && bytes.readInt8(0) === version) return bytes.subarray(headerBytes);
  throw new StreamError('REBALANCE', 'a member of the group speaks another version', {
    reaction: 'rollback',
    remedy: 'Run the same version of millrace everywhere, or use another group.',
  });
}
