/** Java programs with Kafka's own libraries: what they print, line by line or as records. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brokerJava, kafkaLibraries } from '../../../scripts/kafka/artifacts.ts';

const logging = fileURLToPath(new URL('../../../scripts/kafka/log4j2.xml', import.meta.url));

export interface JavaOptions {
  /** With the libraries of Kafka Streams. */
  readonly streams?: boolean;
  readonly input?: string;
}

const running = new Set<ChildProcess>();

/** Ends every program that still runs: a test that timed out never leaves the loop over its own. */
export function endPrograms(): void {
  for (const child of running) child.kill('SIGKILL');
}

/**
 * Runs a class of the libraries, or a single source file (`.java`), and yields what it prints, cut at `separator`. Fails
 * with its error output when it does not end with 0. Leaving the loop ends the program.
 */
export async function* javaOutput(
  program: string,
  args: readonly string[],
  { streams = false, input }: JavaOptions = {},
  separator = '\n',
): AsyncGenerator<string> {
  const libraries = await kafkaLibraries({ streams });
  const java = brokerJava().command;
  const quiet = ['-Xmx384m', '-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${logging}`, '-Dlog.level=ERROR'];
  const child = spawn(java, [...quiet, '-cp', join(libraries, '*'), program, ...args], { stdio: 'pipe' });
  running.add(child);
  child.stdin.on('error', () => undefined); // it ended without reading
  child.stdin.end(input);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-10_000);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  ended.catch(() => undefined);
  try {
    let rest = '';
    for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      const parts = (rest + chunk).split(separator);
      rest = parts.pop()!;
      yield* parts;
    }
    if (rest !== '') yield rest;
    const code = await ended;
    if (code !== 0) throw new Error(`${program} ended with ${String(code)}:\n${errors}`);
  } finally {
    child.kill('SIGKILL');
    running.delete(child);
  }
}

/** All that a program prints. */
export async function runJava(program: string, args: readonly string[], options?: JavaOptions): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of javaOutput(program, args, options)) lines.push(line);
  return lines;
}
