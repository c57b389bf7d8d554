/**
 * Workers that have left, and what they may have left behind: one that dies for good leaves its transaction open, and
 * everything behind it waits for its timeout. So whoever is still there opens the transactional ids of the departed,
 * which ends what they left. Which ids there were is known by a table that travels with the assignments.
 *
 *   generation n    assignor: ids of the table of n-1 and of all members -> table of n; those of no member are shared out
 *   each member     remembers the table, in its store as well: a group that was empty for a while still knows the departed
 *
 * A table that does not descend from the newest one (its members were gone when that began) adds its ids. So a group that
 * was deleted, or has expired, begins another descent: its generations count from the beginning, and a store that was away
 * has a higher one that says nothing of those who have come since.
 */
import { ByteWriter } from '../core/byte-writer.ts';
import type { Log } from '../core/log.ts';
import { RowBatch } from '../core/row-batch.ts';
import type { Store } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';

/** Transactional ids of members of a group, and of former ones that nobody has fenced yet. */
export interface MemberTable {
  readonly generation: number;
  /** The same for all tables that descend from one. */
  readonly chain: string;
  readonly ids: readonly string[];
}

/** A table as the assignor makes it, who does not know its generation. */
export interface NextTable extends Omit<MemberTable, 'generation'> {
  /** Generation of the newest table that is known; 0: none. */
  readonly after: number;
  /** The chain in a group that has not come so far: it was made anew. */
  readonly anew: string;
}

export function tableOf(generation: number, { ids, chain, after, anew }: NextTable): MemberTable {
  return { generation, chain: generation > after ? chain : anew, ids };
}

export interface DepartedOptions {
  readonly log: Log;
  readonly job: string;
  /** Undefined: the table is only in memory. */
  readonly store: Store | undefined;
  readonly transactionTimeoutMs: number;
}

export class Departed {
  readonly #options: DepartedOptions;
  #table: MemberTable | undefined;
  #fenced: readonly string[] = [];

  constructor(options: DepartedOptions) {
    this.#options = options;
    const row = options.store?.get(this.#key);
    if (row !== undefined) this.#table = JSON.parse(row.toString()) as MemberTable;
  }

  /** The newest table that this worker knows. */
  get table(): MemberTable | undefined {
    return this.#table;
  }

  /** Ids of the table that this worker has fenced. */
  get fenced(): readonly string[] {
    return this.#fenced;
  }

  /** Remembers the table of a generation. Must be done before anything is committed under it. */
  async remember(table: MemberTable): Promise<void> {
    this.#table = table;
    this.#fenced = [];
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
          if (!StreamError.is(error) || error.code !== 'FENCED') throw error; // somebody else has opened it since
        }
      }),
    );
    this.#fenced = [...this.#fenced, ...ids];
  }

  get #key(): string {
    return `~members/${this.#options.job}`;
  }
}
