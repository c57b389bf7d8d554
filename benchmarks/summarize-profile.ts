/**
 * `node --import tsx benchmarks/summarize-profile.ts FILE.cpuprofile [--top 15]`: the share of each function's own time in
 * a profile that `node --cpu-prof` wrote. Idle time and the start of the process are left out of the total.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds between samples. */
  readonly timeDeltas: readonly number[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { top: { type: 'string', default: '15' } },
});
const profile = JSON.parse(readFileSync(positionals[0]!, 'utf8')) as Profile;
const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
const own = new Map<string, number>();
let total = 0;
profile.samples.forEach((id, i) => {
  const { functionName, url, lineNumber } = nodes.get(id)!.callFrame;
  if (functionName === '(idle)' || functionName === '(root)') return;
  const file = url.split('/').slice(-2).join('/');
  const name = `${functionName || '(anonymous)'}${file === '' ? '' : `  ${file}:${lineNumber + 1}`}`;
  const time = profile.timeDeltas[i] ?? 0;
  own.set(name, (own.get(name) ?? 0) + time);
  total += time;
});
const sorted = [...own].sort((a, b) => b[1] - a[1]).slice(0, Number(values.top));
for (const [name, time] of sorted) console.log(`${((100 * time) / total).toFixed(1).padStart(5)} %  ${name}`);
