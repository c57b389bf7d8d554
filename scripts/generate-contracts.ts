/**
 * Writes topologies/contracts.ts from schemas/*.avsc: for each schema an interface, the types inside of it, and a
 * contract of the same name. `npm run generate`; a test fails while the file is stale.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import type { AvroSchema } from '../src/contracts/avro-schema.ts';
import { generateContracts } from '../src/contracts/generate-contracts.ts';

const folder = new URL('../schemas/', import.meta.url);
export const generatedFile = new URL('../topologies/contracts.ts', import.meta.url);

/** The text that topologies/contracts.ts must have. */
export async function contractsSource(): Promise<string> {
  const schemas = readdirSync(folder)
    .toSorted()
    .map((file) => ({ file, schema: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as AvroSchema }));
  const header = '// Generated from schemas/*.avsc by `npm run generate`. Do not edit.\n';
  const text = `${header}\n${generateContracts(schemas, '../src/index.ts')}`;
  return format(text, { ...(await resolveConfig(generatedFile)), parser: 'typescript' });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(generatedFile, await contractsSource());
}
