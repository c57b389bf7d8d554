import { spawn } from 'node:child_process';

export interface ProcessCost {
  /** User and system time of all its threads. */
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly output: string;
}

/** Runs a command to its end and reads its cost from outside: bash knows it exactly. */
export async function processCost(command: readonly string[]): Promise<ProcessCost> {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@"';
  const child = spawn('bash', ['-c', script, 'bash', ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [real, user, system] = errors.trim().split('\n').at(-1)!.split(' ').map(Number);
  if (code !== 0 || !(user! >= 0))
    throw new Error(`${command.join(' ')} ended with ${String(code)}:\n${errors.slice(-3_000)}`);
  return { seconds: real!, cpuSeconds: user! + system!, output };
}
