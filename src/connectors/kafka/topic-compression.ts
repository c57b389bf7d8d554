/** How a record batch becomes what is sent: compressed, or as it is. */
export type Packer = (batch: Buffer) => Buffer;

/** Knows how each topic wants its batches. */
export interface TopicCompression {
  /** By topic; topics whose batches are sent as they are may be missing. */
  packers(topics: readonly string[]): Promise<ReadonlyMap<string, Packer>>;
}
