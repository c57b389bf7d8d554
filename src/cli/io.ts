/** Everything of the outside world that the command line touches; tests bring their own. */
import { systemClock, type Clock } from '../core/clock.ts';

export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  /** Resolves when the text is taken; rejects when the reader has gone away. */
  write(text: string): Promise<void>;
}

export type Signal = 'SIGINT' | 'SIGTERM';

export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  /** Calls `handler` on each signal until the returned function is called. */
  onSignal(signal: Signal, handler: () => void): () => void;
  /** Calls `handler` with what a promise was rejected with that nobody waits for, until the returned function is called. */
  onUnhandledRejection(handler: (reason: unknown) => void): () => void;
}

export function processIo(): Io {
  return {
    stdin: process.stdin,
    stdout: outputStream(process.stdout),
    stderr: outputStream(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
    onSignal(signal, handler) {
      process.on(signal, handler);
      return () => process.off(signal, handler);
    },
    onUnhandledRejection(handler) {
      process.on('unhandledRejection', handler);
      return () => process.off('unhandledRejection', handler);
    },
  };
}

function outputStream(stream: NodeJS.WriteStream): OutputStream {
  stream.on('error', () => undefined); // a reader that went away: every write after it rejects
  return {
    isTTY: stream.isTTY,
    get columns() {
      return stream.columns;
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
  };
}
