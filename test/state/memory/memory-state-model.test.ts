import { test } from 'vitest';
import { memoryState } from '../../../src/state/memory/memory-state.ts';
import { checkAgainstModel } from '../state-model.ts';

test('state on the heap agrees with a naive model under random histories', async () => {
  await checkAgainstModel(async () => {
    const backend = memoryState();
    return { backend, write: async () => {}, reopen: async () => backend };
  }, 150);
});
