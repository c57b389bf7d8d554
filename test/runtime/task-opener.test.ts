import { expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { TaskOpener } from '../../src/runtime/task-opener.ts';
import type { Task, TaskId } from '../../src/runtime/task.ts';

/** An opener whose tasks open when the test says so. */
function byHand() {
  const log: string[] = [];
  const waiting = new Map<TaskId, (error?: Error) => void>();
  const mail: (() => void)[] = [];
  const opener = new TaskOpener({
    open: (id, signal, onRestoring) =>
      new Promise((resolve, reject) => {
        onRestoring({ remaining: 10, records: 5, bytes: 50 });
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
        waiting.set(id, (error) => {
          waiting.delete(id);
          const task = { close: () => log.push(`closed ${id}`) } as unknown as Task;
          if (error === undefined) resolve({ task, attach: () => undefined });
          else reject(error);
        });
      }),
    mail: (work) => mail.push(work),
    onOpened: (opened) => log.push(`opened ${opened.length}`),
    onCancelled: (ids) => log.push(`cancelled ${ids.join()}`),
    onError: (error) => log.push(String(error)),
  });
  const turn = async (): Promise<void> => {
    await systemClock.yield();
    for (const work of mail.splice(0)) work();
  };
  return { opener, log, waiting, turn };
}

test('a group is opened when all its tasks are', async () => {
  const { opener, log, waiting, turn } = byHand();
  opener.open([['a', 'b'], ['c']]);
  expect(opener.progress).toEqual({ remaining: 20, records: 10, bytes: 100 });
  waiting.get('a')!();
  waiting.get('c')!();
  await turn();
  expect(log).toEqual(['opened 1']);
  expect(opener.ids).toEqual(['a', 'b']);
  waiting.get('b')!();
  await turn();
  expect(log).toEqual(['opened 1', 'opened 2']);
  expect(opener.ids).toEqual([]);
});

test('only a few are opened at the same time', async () => {
  const { opener, log, waiting, turn } = byHand();
  opener.open(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => [id]));
  expect([...waiting.keys()]).toEqual(['a', 'b', 'c', 'd']);
  waiting.get('b')!();
  await turn();
  expect([...waiting.keys()]).toEqual(['a', 'c', 'd', 'e']);
  expect(log).toEqual(['opened 1']);
});

test('what is not wanted any more is held until its opening has stopped', async () => {
  const { opener, log, waiting, turn } = byHand();
  opener.open([['a', 'b'], ['c']]);
  waiting.get('a')!();
  await turn();
  opener.keep(new Set(['a', 'c']));
  expect(opener.ids).toEqual(['a', 'b', 'c']);
  await turn();
  expect(log).toEqual(['closed a', 'cancelled a,b']);
  expect(opener.ids).toEqual(['c']);
});

test('a group that was opened but not taken in yet can still be cancelled', async () => {
  const { opener, log, waiting, turn } = byHand();
  opener.open([['a']]);
  waiting.get('a')!();
  await systemClock.yield();
  opener.keep(new Set());
  await turn();
  expect(log).toEqual(['closed a', 'cancelled a']);
});

test('a failure is told, and what was opened of the group is closed', async () => {
  const { opener, log, waiting, turn } = byHand();
  opener.open([['a', 'b']]);
  waiting.get('a')!();
  await turn();
  waiting.get('b')!(new RangeError('no'));
  await turn();
  expect(log).toEqual(['RangeError: no', 'closed a', 'cancelled a,b']);
});

test('closing stops everything and closes what nobody took in', async () => {
  const { opener, log, waiting } = byHand();
  opener.open([['a'], ['b']]);
  waiting.get('a')!();
  await opener.close();
  expect(log).toEqual(['closed a']);
  expect(opener.ids).toEqual([]);
});
