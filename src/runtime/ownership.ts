/**
 * Who may have left something in doubt for a task: transactional ids by task, as the assignor last told them. A worker
 * that dies for good leaves a transaction open, and everything behind it waits for its timeout; so the heir opens the ids
 * of the departed too, which ends what they left.
 *
 *   generation n    assignor: table of n-1 (the newest that a member brings) + tasks held now -> table of n, ids to fence
 *   each member     remembers the table, in its store as well: a group that was empty for a while still knows the departed
 */
import { ByteWriter } from '../core/byte-writer.ts';
import type { Log } from '../core/log.ts';
import { RowBatch } from '../core/row-batch.ts';
import type { Store } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import type { TaskId } from './task.ts';

export interface OwnerTable {
  readonly generation: number;
  /** Tasks by transactional id. A task is with several ids until its present owner has fenced the others. */
  readonly owners: Readonly<Record<string, readonly TaskId[]>>;
}

export interface OwnershipOptions {
  readonly log: Log;
  readonly job: string;
  /** Undefined: the table is only in memory. */
  readonly store: Store | undefined;
  readonly transactionTimeoutMs: number;
}

export class Ownership {
  readonly #options: OwnershipOptions;
  #table: OwnerTable | undefined;

  constructor(options: OwnershipOptions) {
    this.#options = options;
    const row = options.store?.get(this.#key);
    if (row !== undefined) this.#table = JSON.parse(row.toString()) as OwnerTable;
  }

  /** The newest table that this worker knows. */
  get table(): OwnerTable | undefined {
    return this.#table;
  }

  /** Remembers the table of a generation. Must be done before anything is opened under it. */
  async remember(table: OwnerTable): Promise<void> {
    this.#table = table;
    const { store } = this.#options;
    if (store === undefined) return;
    const rows = new RowBatch(new ByteWriter(1024));
    rows.putBytes(this.#key, Buffer.from(JSON.stringify(table)));
    await store.write([rows]);
  }

  /** Ends what the holders of these ids have left open; whoever of them still lives is fenced. */
  async fence(ids: readonly string[]): Promise<void> {
    const { log, transactionTimeoutMs } = this.#options;
    await Promise.all(
      ids.map(async (id) => {
        try {
          await (await log.transactor(id, transactionTimeoutMs)).close();
        } catch (error) {
          if (!StreamError.is(error) || error.code !== 'FENCED') throw error; // another heir was at it as well
        }
      }),
    );
  }

  get #key(): string {
    return `~owners/${this.#options.job}`;
  }
}
