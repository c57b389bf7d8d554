/**
 * A data folder to ask things of: opened here when nobody has it, else through the socket of the process that does. The
 * commands do not see the difference.
 */
import { callControl, type ControlHandlers } from '../connectors/embedded/control-socket.ts';
import { StreamError } from '../core/stream-error.ts';
import { folderCalls, type FolderCall, type ParamsOf, type ResultOf } from './folder-calls.ts';
import type { OpenFolder } from './open-folder.ts';

export interface Folder {
  ask<N extends FolderCall>(name: N, params: ParamsOf<N>): Promise<ResultOf<N>>;
  close(): Promise<void>;
}

/** A folder that is open in this process. */
export function localFolder(open: OpenFolder, close: () => Promise<void>): Folder {
  return {
    async ask<N extends FolderCall>(name: N, params: ParamsOf<N>) {
      const call = folderCalls[name] as (open: OpenFolder, params: ParamsOf<N>) => Promise<ResultOf<N>>;
      return call(open, params);
    },
    close,
  };
}

/** The folder that another process has open; `locked` is what opening it failed with. */
export function remoteFolder(data: string, locked: StreamError): Folder {
  return {
    async ask<N extends FolderCall>(name: N, params: ParamsOf<N>) {
      try {
        return (await callControl(data, name, params)) as ResultOf<N>; // both ends share folder-calls.ts
      } catch (error) {
        throw StreamError.is(error) && error.code === 'NOT_RUNNING' && name !== 'savepoint' ? locked : error;
      }
    },
    close: async () => undefined,
  };
}

/** What a running job answers on its socket. */
export function controlHandlers(open: OpenFolder): ControlHandlers {
  const folder = localFolder(open, async () => undefined);
  const names = Object.keys(folderCalls) as readonly FolderCall[];
  return Object.fromEntries(names.map((name) => [name, (params: unknown) => folder.ask(name, params as never)]));
}
