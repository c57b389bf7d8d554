import { describe, expect, test } from 'vitest';
import { memoryState } from '../../../src/state/memory/memory-state.ts';
import { stateBackendSuite } from '../../../src/testing/suites/state-backend-suite.ts';

describe('conformance', () =>
  stateBackendSuite(
    { test, expect },
    {
      async open() {
        const backend = memoryState();
        return { backend, write: async () => {}, reopen: async () => backend, close: () => backend.close() };
      },
    },
  ));
