/**
 * A job that fills its disk, in a process of its own: `filling-job.ts FOLDER outputs|state`. Prints code and remedy of what
 * ends it, as JSON.
 */
import { defineTopology, embedded, json, leveldb, run, StreamError, topic, valueState } from '../../src/index.ts';

export const items = topic('items', json<number>('n'), { partitions: 1 });
export const seen = topic('seen', json<{ n: number; ballast: string }>('seen'), { partitions: 1 });

const filling = (ballast: string) =>
  defineTopology({
    name: 'filling',
    build(t) {
      t.source('items', items)
        .keyBy((n) => n)
        .process('fill', {
          output: seen.codec,
          state: { kept: valueState(json<string>()) },
          onElement(n, ctx) {
            const bytes = 'x'.repeat(1_000);
            if (ballast === 'state') ctx.state.kept.set(bytes);
            ctx.emit({ n, ballast: ballast === 'outputs' ? bytes : '' });
          },
        })
        .sinkTo('seen', seen);
    },
  });

const [script, folder, ballast] = process.argv.slice(1);
if (script === import.meta.filename) {
  const job = await run(filling(ballast!), {
    log: embedded(folder!),
    state: leveldb(),
    bounded: true,
    commit: { linger: 1, interval: 1 },
    memory: { stateBytes: 400_000 },
    restart: { attempts: 2, initial: 1, max: 1 },
  });
  try {
    await job.finished;
    console.log(JSON.stringify({ code: 'done' }));
  } catch (error) {
    if (!StreamError.is(error)) throw error;
    const cause = StreamError.is(error.cause) ? error.cause.code : '';
    console.log(JSON.stringify({ code: error.code, cause, message: error.message, remedy: error.remedy }));
    process.exitCode = 1;
  }
}
