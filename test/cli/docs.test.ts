/** docs/cli.md has a row for every command, setting and flag. Its metrics are checked with the metrics registry. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { variableName } from '../../src/cli/config/environment-layer.ts';
import type { Setting } from '../../src/cli/config/setting.ts';
import { settingNames, settings } from '../../src/cli/config/settings.ts';

const docs = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
const rows = docs.split('\n').filter((line) => line.startsWith('| `'));

test.each(commands.map((command) => [command.name, command] as const))('lists the command %s', (_, command) => {
  const usage = [command.name, ...(command.positionals ?? [])].join(' ');
  expect(rows.find((row) => row.startsWith(`| \`${usage}\``))).toContain(command.summary);
});

test.each(settingNames)('lists the setting %s with its names', (name) => {
  const { flag, aliases = [] }: Setting<unknown> = settings[name];
  const row = rows.find((candidate) => candidate.startsWith(`| \`${name}\``));
  for (const word of [variableName(name.split('.')), ...aliases]) expect(row).toContain(`\`${word}\``);
  if (flag !== undefined) expect(row).toContain(`\`--${flag.name}\``);
});
