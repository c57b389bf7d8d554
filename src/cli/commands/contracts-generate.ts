/** `contracts generate`: TypeScript from Avro schemas. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { AvroSchema } from '../../contracts/avro-schema.ts';
import { generateContracts, type SchemaFile } from '../../contracts/generate-contracts.ts';
import { messageOf, StreamError } from '../../core/stream-error.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-code.ts';

export const contractsGenerateCommand: Command = {
  name: 'contracts generate',
  summary: 'Writes an interface and a contract for each Avro schema of a folder.',
  options: [
    { name: 'schemas', value: 'FOLDER', help: 'Where the .avsc files are. Default: schemas.' },
    { name: 'output', value: 'FILE', help: 'The TypeScript file. Default: contracts.ts.' },
    { name: 'check', help: 'Write nothing; fail when the file is not what the schemas give.' },
  ],
  examples: [
    'run-topology contracts generate --schemas schemas --output src/contracts.ts',
    'run-topology contracts generate --output src/contracts.ts --check',
  ],
  async run({ args, io }) {
    const option = (name: string, fallback: string): string =>
      resolve(io.cwd, args.values.get(name)?.at(-1) ?? fallback);
    const folder = option('schemas', 'schemas');
    const output = option('output', 'contracts.ts');
    const shown = relative(io.cwd, output);
    const from = relative(io.cwd, folder);
    const schemas = readSchemas(folder, from);
    const header = `// Generated from ${from}/*.avsc by \`run-topology contracts generate\`. Do not edit.\n`;
    const text = `${header}${generateContracts(schemas, 'millrace')}`;
    if (args.values.has('check')) {
      const isCurrent = currentText(output) === text;
      await io.stdout.write(`${shown} is ${isCurrent ? 'up to date' : 'stale: run contracts generate'}\n`);
      return isCurrent ? exitCodes.done : exitCodes.failed;
    }
    try {
      writeFileSync(output, text);
    } catch (cause) {
      throw new StreamError('IO_FAILED', messageOf(cause), { cause, remedy: 'Give a file that can be written.' });
    }
    await io.stdout.write(`${shown}: ${schemas.length} contracts\n`);
    return exitCodes.done;
  },
};

function readSchemas(folder: string, shown: string): readonly SchemaFile[] {
  let files: string[];
  try {
    files = readdirSync(folder).filter((file) => file.endsWith('.avsc'));
  } catch (cause) {
    throw new StreamError('CONFIG_INVALID', `there is no folder ${shown}`, { cause, remedy: 'Give --schemas FOLDER.' });
  }
  if (files.length === 0) {
    throw new StreamError('CONFIG_INVALID', `${shown} has no .avsc files`, { remedy: 'Give --schemas FOLDER.' });
  }
  return files.toSorted().map((file) => {
    try {
      return { file, schema: JSON.parse(readFileSync(resolve(folder, file), 'utf8')) as AvroSchema };
    } catch (cause) {
      throw new StreamError('CONTRACT_INVALID', `${file}: ${messageOf(cause)}`, { cause });
    }
  });
}

function currentText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // not there: stale
  }
}
