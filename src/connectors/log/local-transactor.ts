import type { Commit, SealedBatch, TopicPartition, Transactor } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';

export interface TransactorContext {
  commit(outputs: readonly SealedBatch[], commit: Commit, holder: LocalTransactor): Promise<void>;
  committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]>;
  released(holder: LocalTransactor): void;
}

/** One holder of a transactional id. Outputs shipped early are kept until the commit. */
export class LocalTransactor implements Transactor {
  readonly id: string;
  readonly #context: TransactorContext;
  #outputs: SealedBatch[] = [];
  #state: 'open' | 'fenced' | 'closed' = 'open';

  constructor(id: string, context: TransactorContext) {
    this.id = id;
    this.#context = context;
  }

  async append(outputs: readonly SealedBatch[]): Promise<void> {
    this.check();
    this.#outputs.push(...outputs);
  }

  async commit(commit: Commit): Promise<void> {
    this.check();
    const outputs = this.#outputs;
    this.#outputs = [];
    await this.#context.commit([...outputs, ...commit.outputs], commit, this);
  }

  async abort(): Promise<void> {
    this.check();
    this.#outputs = [];
  }

  committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    return this.#context.committed(group, partitions);
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#outputs = [];
    this.#context.released(this);
  }

  /** Another holder has opened the id. */
  fence(): void {
    if (this.#state === 'open') this.#state = 'fenced';
    this.#outputs = [];
  }

  /** Throws FENCED or LOG_CLOSED when this holder may not write any more. */
  check(): void {
    if (this.#state === 'closed') throw new StreamError('LOG_CLOSED', `transactor '${this.id}' was closed`);
    if (this.#state === 'fenced') {
      throw new StreamError('FENCED', `another instance has taken over the transactional id '${this.id}'`, {
        remedy: 'Run one instance per id: stop the other one, or give this one another group or instance id.',
      });
    }
  }
}
