import { test } from 'vitest';
import { levelState } from '../../../src/state/leveldb/level-state.ts';
import { MemoryStore } from '../../../src/state/memory/memory-store.ts';
import { checkAgainstModel } from '../state-model.ts';

test('the write-back cache agrees with a naive model under random histories', async () => {
  await checkAgainstModel(async () => {
    const store = new MemoryStore();
    const open = () => levelState(store, { timersInMemory: 4, rowsLearnedAtOnce: 1 });
    return {
      backend: open(),
      write: (rows) => store.write([rows]),
      reopen: async () => open(),
      async rowKeys() {
        const keys: string[] = [];
        for await (const rows of store.scan({ from: '-', to: '\u{10ffff}' })) keys.push(...rows.map(({ key }) => key));
        return keys;
      },
    };
  }, 150);
});
