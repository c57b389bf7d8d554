import { expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { fakeEngine } from '../fake-engine.ts';
import { fakeIo } from '../fake-io.ts';

async function describe(...argv: readonly string[]): Promise<{ exit: number; out: string; err: string }> {
  const io = fakeIo();
  const exit = await main(['describe', 'sample', ...argv], io, fakeEngine());
  return { exit, out: io.stdout.text, err: io.stderr.text };
}

test('describes a job as text, JSON, Mermaid and SVG', async () => {
  expect((await describe()).out).toContain('sub-topology frames');
  expect(JSON.parse((await describe('--format', 'json')).out)).toMatchObject({ job: 'sample' });
  expect(JSON.parse((await describe('--json')).out)).toMatchObject({ job: 'sample' });
  expect((await describe('--format', 'mermaid')).out).toContain('flowchart');
  expect((await describe('--format', 'svg')).out).toMatch(/^<svg[^]*<\/svg>\s*$/);
});

test('refuses another format', async () => {
  expect(await describe('--format', 'png')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('text, json, mermaid, svg'),
  });
});
