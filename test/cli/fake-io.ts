/** Streams that remember, signals that a test sends, a clock that a test moves, a folder of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { Io, OutputStream, Signal } from '../../src/cli/io.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

export interface CapturedStream extends OutputStream {
  text: string;
  isTTY: boolean;
}

export interface FakeIo extends Io {
  readonly stdout: CapturedStream;
  readonly stderr: CapturedStream;
  readonly env: Record<string, string | undefined>;
  readonly clock: ManualClock;
  /** Sends a signal; false: nobody listens, it would end the process. */
  send(signal: Signal): boolean;
  /** A promise that nobody waits for is rejected. */
  reject(reason: unknown): void;
  /** Writes a file into the working folder and returns its path. */
  file(name: string, text: string): string;
}

export function fakeIo(): FakeIo {
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  onTestFinished(() => {
    rmSync(cwd, { recursive: true, force: true });
  });
  const floating = new Set<(reason: unknown) => void>();
  const handlers = new Map<Signal, Set<() => void>>();
  return {
    stdin: Readable.from([]),
    stdout: captured(),
    stderr: captured(),
    env: {},
    cwd,
    clock: new ManualClock(),
    onSignal(signal, handler) {
      const set = handlers.get(signal) ?? new Set();
      handlers.set(signal, set.add(handler));
      return () => set.delete(handler);
    },
    onUnhandledRejection(handler) {
      floating.add(handler);
      return () => floating.delete(handler);
    },
    reject(reason) {
      for (const handler of floating) handler(reason);
    },
    send(signal) {
      const set = handlers.get(signal);
      for (const handler of [...(set ?? [])]) handler();
      return (set?.size ?? 0) > 0;
    },
    file(name, text) {
      const path = join(cwd, name);
      writeFileSync(path, text);
      return path;
    },
  };
}

function captured(): CapturedStream {
  return {
    text: '',
    isTTY: false,
    async write(text) {
      this.text += text;
    },
  };
}
