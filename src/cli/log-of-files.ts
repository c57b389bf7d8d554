/** The log of a run between files: sources and sinks bound to files, everything else in memory. */
import { openFilesLog } from '../connectors/files-log.ts';
import { memoryLog } from '../job/log-factories.ts';
import type { LogFactory } from '../job/options.ts';
import { deadLetterCodec } from '../runtime/dead-letters.ts';
import { deadLetterTopic } from './dead-letter-box.ts';
import type { FileWiring } from './file-wiring.ts';
import type { Io } from './io.ts';

type LineOf = (topic: string, offset: number) => number | undefined;

export function logOfFiles(files: FileWiring, { stdin, stdout }: Io, onWarning: (message: string) => void): LogFactory {
  return {
    kind: 'files',
    async open(context) {
      const { log: below, store } = await memoryLog().open(context);
      let lineOf: LineOf = () => undefined;
      const deadLetters = {
        topic: deadLetterTopic(context.job),
        path: files.deadLetters,
        lazy: true,
        format: (value: Buffer) => deadLetterLine(value, files, lineOf),
      };
      const log = await openFilesLog({
        log: below,
        inputs: files.inputs,
        outputs: [...files.outputs, deadLetters],
        dropped: files.unkept,
        force: files.force,
        clock: context.clock,
        stdin,
        stdout,
        onWarning,
      });
      lineOf = (topic, offset) => log.lineOf(topic, offset);
      return { log, store, close: () => log.close() };
    },
  };
}

/** `source`: id of the source, as in `--input SOURCE=FILE`; `line` is -1 and `source` empty where there is none (timers). */
function deadLetterLine(value: Buffer, { inputs }: FileWiring, lineOf: LineOf): string {
  const letter = deadLetterCodec.decode(value, 0, value.length);
  const { source: topic, offset, operator, code, reason, path, timer, key, raw } = letter;
  const source = inputs.find((input) => input.topic === topic)?.id ?? topic;
  const line = lineOf(topic, offset) ?? -1;
  const what = path === undefined || path === '' ? reason : `${reason} at ${path}`;
  const where = timer === undefined ? what : `${what} (timer of ${timer.domain} time ${timer.time}, key ${key ?? ''})`;
  return JSON.stringify({ source, line, offset, operator, code, reason: where, raw });
}
