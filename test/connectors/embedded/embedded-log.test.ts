import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEmbeddedLog } from '../../../src/connectors/embedded/open-embedded-log.ts';
import { MemoryStore } from '../../../src/state/memory/memory-store.ts';
import { logSuite } from '../../../src/testing/suites/log-suite.ts';

let folder: string;
let store: MemoryStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-'));
  store = new MemoryStore();
});
afterEach(() => rm(folder, { recursive: true }));

const row = (key: string): string | undefined => store.get(key)?.toString();

describe.each(['process', 'power'] as const)('conformance, durability %s', (durability) =>
  logSuite({ test, expect }, { open: (clock) => openEmbeddedLog({ folder, store, clock, durability }), row }),
);

describe('conformance, a segment per commit', () =>
  logSuite({ test, expect }, { open: (clock) => openEmbeddedLog({ folder, store, clock, segmentBytes: 1 }), row }));
