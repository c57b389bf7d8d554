import { expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { commands } from '../../src/cli/commands.ts';
import { fakeEngine } from './fake-engine.ts';
import { fakeIo } from './fake-io.ts';

test('without arguments it shows the help on standard error and exits with 2', async () => {
  const io = fakeIo();
  expect(await main([], io, fakeEngine())).toBe(2);
  expect(io.stderr.text).toContain('Usage: run-topology <job>');
  expect(io.stdout.text).toBe('');
});

test('--help lists every command', async () => {
  const io = fakeIo();
  expect(await main(['--help'], io, fakeEngine())).toBe(0);
  for (const { name } of commands) expect(io.stdout.text).toContain(`\n  ${name}`);
});

test.each(commands.map(({ name }) => name))('%s --help shows usage, options and examples', async (name) => {
  const io = fakeIo();
  expect(await main([...name.split(' '), '--help'], io, fakeEngine())).toBe(0);
  expect(io.stdout.text).toContain(`Usage: run-topology ${name}`);
  expect(io.stdout.text).toMatch(/Examples:\n {2}\S/);
  expect(io.stdout.text).toContain('--config FILE');
});

test.each([
  [['lsit'], /Did you mean "list"\?/],
  [['run'], /run needs <job>/],
  [['run', 'sample', 'extra'], /does not know what to do with "extra"/],
  [['sample', '--inptu', 'x'], /there is no option --inptu. Did you mean --input\?/],
  [['sample', '--set', 'novalue'], /--set novalue is not NAME=VALUE/],
  [['config'], /config is followed by one of: show/],
  [['config', 'shw'], /Did you mean "show"\?/],
  [['sample', '--for', 'soon'], /DURATION_INVALID: --for is "soon"/],
])('%j is refused with exit code 2 and a hint', async (argv, message) => {
  const io = fakeIo();
  expect(await main(argv, io, fakeEngine())).toBe(2);
  expect(io.stderr.text).toMatch(message);
  expect(io.stderr.text).not.toMatch(/\n\s+at /); // no stack for what was expected
});

test('with --verbose an error shows its stack', async () => {
  const io = fakeIo();
  await main(['sample', '--set', 'novalue', '--verbose'], io, fakeEngine());
  expect(io.stderr.text).toMatch(/\n\s+at /);
});

test('with --json an error is a JSON line on standard error', async () => {
  const io = fakeIo();
  expect(await main(['sample', '--json', '--set', 'minObjects=0'], io, fakeEngine())).toBe(2);
  expect(JSON.parse(io.stderr.text)).toMatchObject({ level: 'error', code: 'CONFIG_INVALID' });
  expect(io.stdout.text).toBe('');
});

test('a job goes by its name alone, or after run', async () => {
  for (const argv of [['sample'], ['run', 'sample']]) {
    const engine = fakeEngine();
    const ended = main(argv, fakeIo(), engine);
    (await engine.started).finish();
    expect(await ended).toBe(0);
    expect(engine.requests[0]?.module.topology.name).toBe('sample');
  }
});

test('list prints the built-in jobs', async () => {
  const io = fakeIo();
  await main(['list'], io, fakeEngine());
  expect(io.stdout.text).toBe('sample\njoined\n');
  const second = fakeIo();
  await main(['list', '--json'], second, fakeEngine());
  expect(JSON.parse(second.stdout.text)).toEqual(['sample', 'joined']);
});
