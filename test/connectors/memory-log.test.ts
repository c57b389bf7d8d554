import { describe, expect, test } from 'vitest';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { logSuite } from '../../src/testing/suites/log-suite.ts';

describe('memory log', () => logSuite({ test, expect }, { open: async (clock) => new MemoryLog({ clock }) }));

describe('memory log with a store', () => {
  let store: MemoryStore;
  logSuite(
    { test, expect },
    {
      open: async (clock) => new MemoryLog({ clock, store: (store = new MemoryStore()) }),
      row: (key) => store.get(key)?.toString(),
    },
  );
});
