import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SetupError } from './setup-error.ts';

export interface Java {
  /** What to call. */
  readonly command: string;
  readonly major: number;
  /** As it says itself: `17.0.15`. */
  readonly version: string;
}

/** The first Java of this machine that is new enough: JAVA_HOME, the PATH, then where Javas are usually installed. */
export function findJava(minimum: number, what: string, more: readonly string[] = []): Java {
  const tooOld: string[] = [];
  for (const command of candidates(more)) {
    const java = ask(command);
    if (java === undefined) continue;
    if (java.major >= minimum) return java;
    tooOld.push(`${command} is ${java.version}`);
  }
  const found = tooOld.length === 0 ? 'there is none' : tooOld.join(', ');
  throw new SetupError(
    `${what} needs Java ${minimum} or newer: ${found}`,
    `Install a JDK (Debian: apt-get install openjdk-17-jdk-headless), or point JAVA_HOME to one.`,
  );
}

function* candidates(more: readonly string[]): Generator<string> {
  const { JAVA_HOME: home = '' } = process.env;
  if (home !== '') yield join(home, 'bin/java');
  yield 'java';
  const folders = [
    ['/usr/lib/jvm', 'bin/java'],
    [join(homedir(), '.sdkman/candidates/java'), 'bin/java'],
    ['/Library/Java/JavaVirtualMachines', 'Contents/Home/bin/java'],
  ] as const;
  for (const [folder, java] of folders) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder).toSorted()) {
      if (existsSync(join(folder, name, java))) yield join(folder, name, java);
    }
  }
  yield* more;
}

function ask(command: string): Java | undefined {
  const { status, stderr } = spawnSync(command, ['-version'], { encoding: 'utf8' });
  const version = status === 0 ? /version "([^"]+)"/.exec(stderr)?.[1] : undefined;
  if (version === undefined) return undefined;
  const [first = 0, second = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return { command, major: first === 1 ? second : first, version }; // Java 8 calls itself 1.8
}
