/**
 * How the command line talks to a running job: a unix socket in the job's folder. The file `control` beside it holds the
 * path of the socket, because such paths are limited to about 100 bytes and may have to be somewhere else.
 *
 *   {"name":"dlq.list","params":{...}}\n   ->
 *                                          <-   {"result":...}\n  or  {"error":{"code":...,"reason":...}}\n
 *
 * A connection may ask several times; answers come in the order of the questions. Whoever may enter the folder may ask:
 * the socket is for its owner only (mode 600).
 */
import { createHash } from 'node:crypto';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { ErrorCode } from '../../core/error-codes.ts';
import { StreamError, type ErrorPlace } from '../../core/stream-error.ts';
import { ioError } from './io-error.ts';

/** Answers of a running job by name. Params and results are JSON values; params are unchecked. */
export type ControlHandlers = Readonly<Record<string, (params: unknown) => unknown>>;

export interface ControlServer {
  close(): Promise<void>;
}

interface Reply {
  readonly result?: unknown;
  readonly error?: {
    readonly code: ErrorCode;
    readonly reason: string;
    readonly remedy: string | undefined;
    readonly place: ErrorPlace;
  };
}

/** sun_path has 104 bytes on some systems, 108 on others, with a zero at the end. */
const longestPath = 100;

/** Listens in `folder`. Call it only while holding the folder's lock: a socket that a dead process left is replaced. */
export async function serveControl(folder: string, handlers: ControlHandlers): Promise<ControlServer> {
  const path = socketPath(folder);
  const note = notePath(folder);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const gone = (): unknown => socket.destroy(); // the other side, and with it its question
    socket.on('error', gone);
    answerAll(socket, handlers).catch(gone);
  });
  try {
    await rm(path, { force: true });
    await listen(server, path);
    await chmod(path, 0o600);
    await writeFile(note, path);
  } catch (error) {
    server.close();
    throw ioError(error, path);
  }
  return {
    close: async () => {
      await rm(note, { force: true });
      const closed = new Promise((done) => server.close(done)); // also removes the socket
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Asks the job that runs in `folder`. Fails with NOT_RUNNING when there is none, else as the job's handler failed. */
export async function callControl(
  folder: string,
  name: string,
  params: unknown = {},
  signal?: AbortSignal,
): Promise<unknown> {
  const reply = await ask(await readNote(folder), folder, `${JSON.stringify({ name, params })}\n`, signal);
  if (reply.error === undefined) return reply.result;
  const { code, reason, remedy, place } = reply.error;
  throw new StreamError(code, reason, { ...place, ...(remedy === undefined ? {} : { remedy }) });
}

async function answerAll(socket: Socket, handlers: ControlHandlers): Promise<void> {
  for await (const line of createInterface(socket)) {
    const reply = await answer(line, handlers);
    if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`);
  }
}

async function answer(line: string, handlers: ControlHandlers): Promise<Reply> {
  try {
    const { name, params } = JSON.parse(line) as { name?: unknown; params?: unknown };
    const handler = typeof name === 'string' && Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    if (handler === undefined) {
      throw new StreamError('UNSUPPORTED', `the running job does not know '${String(name)}'`, {
        remedy: 'Use the version of run-topology that the job runs with.',
      });
    }
    return { result: (await handler(params)) ?? null };
  } catch (error) {
    const { code, reason, remedy, place } = StreamError.from(error, 'IO_FAILED');
    return { error: { code, reason, remedy, place } };
  }
}

function ask(path: string, folder: string, question: string, signal: AbortSignal | undefined): Promise<Reply> {
  return new Promise((done, fail) => {
    const socket = connect(path, () => socket.write(question));
    const onAbort = (): void => {
      socket.destroy();
      fail(signal?.reason as Error);
    };
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    const lines = createInterface(socket);
    // Newer versions of Node give a socket's error to the lines too.
    for (const emitter of [socket, lines]) {
      emitter.on('error', (cause: unknown) => {
        fail(notRunning(folder, cause));
      });
    }
    socket.on('close', () => {
      signal?.removeEventListener('abort', onAbort);
      fail(notRunning(folder, undefined)); // without effect after an answer
    });
    lines.once('line', (line) => {
      done(JSON.parse(line) as Reply);
      socket.destroy();
    });
  });
}

async function readNote(folder: string): Promise<string> {
  try {
    return await readFile(notePath(folder), 'utf8');
  } catch (cause) {
    throw notRunning(folder, cause);
  }
}

function notRunning(folder: string, cause: unknown): StreamError {
  return new StreamError('NOT_RUNNING', `no job answers in ${folder}`, { ...(cause === undefined ? {} : { cause }) });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(path, () => {
      server.off('error', fail);
      done();
    });
  });
}

function notePath(folder: string): string {
  return join(folder, 'control');
}

function socketPath(folder: string): string {
  const path = resolve(folder, 'control.sock');
  if (Buffer.byteLength(path) <= longestPath) return path;
  return join(tmpdir(), `millrace-${createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 24)}.sock`);
}
