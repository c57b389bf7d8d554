/** Entry of the thread that builds tables, so that sorting and writing them delays no records. Started by TableBuilder. */
import { parentPort } from 'node:worker_threads';
import { nativeCrc32c } from '../../../core/native-crc32c.ts';
import { messageOf } from '../../../core/stream-error.ts';
import { buildTable } from './build-table.ts';
import type { BuildAnswer, BuildRequest } from './loader-messages.ts';
import { RowCopy } from './row-buffer.ts';

const port = parentPort!;
const copy = new RowCopy();

port.on('message', ({ id, path, sequence, rows, count, byteLength }: BuildRequest) => {
  let result: BuildAnswer['result'];
  try {
    result = buildTable(path, copy.take(rows, count, byteLength), sequence, nativeCrc32c);
  } catch (error) {
    result = messageOf(error);
  }
  port.postMessage({ id, result } satisfies BuildAnswer);
});
