import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contractsSource, generatedFile } from '../../scripts/generate-contracts.ts';

test('topologies/contracts.ts is what schemas/*.avsc give (npm run generate)', async () => {
  expect(readFileSync(generatedFile, 'utf8')).toBe(await contractsSource());
});
