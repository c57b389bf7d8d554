/** Names of compressions as topics and jobs have them, and their numbers in the attributes of a batch. */
export const compressionNumbers = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

export type Compression = keyof typeof compressionNumbers;

export function isCompression(name: string): name is Compression {
  return Object.hasOwn(compressionNumbers, name);
}
