/** Cut rows: `$ <tag of job/sub-topology> <partition>` -> names of job and sub-topology, then the cut of the runtime. */
import { ByteReader } from '../core/byte-reader.ts';
import type { ByteWriter } from '../core/byte-writer.ts';
import type { TaskAddress } from './backend.ts';
import { CUT_ROWS, rowPrefix, tagOf } from './row-keys.ts';

export interface CutRow {
  readonly job: string;
  readonly subTopology: string;
  readonly cut: Buffer;
}

export function cutKey({ job, subTopology, partition }: TaskAddress, tag: typeof tagOf = tagOf): string {
  return CUT_ROWS + rowPrefix(tag(job, subTopology, '#cut'), partition);
}

export function writeCutRow(out: ByteWriter, { job, subTopology }: TaskAddress, cut: Uint8Array): void {
  out.sizedText(job);
  out.sizedText(subTopology);
  out.bytes(cut);
}

export function readCutRow(row: Buffer): CutRow {
  const reader = new ByteReader(row);
  const job = reader.sizedText();
  const subTopology = reader.sizedText();
  return { job, subTopology, cut: Buffer.from(reader.bytes(reader.remaining)) };
}
