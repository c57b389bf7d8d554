/** What a running worker holds open in the log: its transactor, the fetches of its inputs, its place in the group. */
import type { Assignor, GroupMember, Transactor } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import { unlessAborted } from '../core/unless-aborted.ts';
import { Intake } from './intake.ts';
import { OutOfRange } from './out-of-range.ts';
import type { TaskInput } from './task-input.ts';
import type { WorkerOptions } from './worker-options.ts';

export interface WorkerPortsOptions {
  readonly worker: WorkerOptions;
  readonly assignor: Assignor;
  readonly metadata: () => Uint8Array;
  /** Resolves when the group may go on. */
  readonly onAssigned: (assignment: Uint8Array, generation: number) => Promise<void>;
  readonly inputs: () => readonly TaskInput[];
  readonly sourcesPaused: () => boolean;
  /** Records arrived at the inputs. */
  readonly onArrival: () => void;
  /** Runs `work` on the worker's turn. */
  readonly mail: (work: () => void) => void;
  readonly onError: (error: unknown) => void;
}

export class WorkerPorts {
  readonly #options: WorkerPortsOptions;
  #transactor: Transactor | undefined;
  #intake: Intake | undefined;
  #member: GroupMember | undefined;

  constructor(options: WorkerPortsOptions) {
    this.#options = options;
  }

  // Nobody asks for these before they are open.

  get transactor(): Transactor {
    return this.#transactor!;
  }

  get intake(): Intake {
    return this.#intake!;
  }

  get member(): GroupMember {
    return this.#member!;
  }

  /** Fences a predecessor and prepares the fetches; the worker is not in its group yet. */
  async open(signal: AbortSignal): Promise<void> {
    const { worker, inputs, sourcesPaused, onArrival, mail, onError } = this.#options;
    const { log, settings, clock, listener } = worker;
    const opening = log.transactor(settings.transactionalId, settings.transactionTimeoutMs);
    this.#transactor = await unlessAborted(signal, opening, (late) => late.close());
    const outOfRange = new OutOfRange({
      worker,
      inputs,
      setPaused: (input, paused) => {
        this.intake.setPaused(input, paused || sourcesPaused());
      },
      mail,
      onWarning: (message) => {
        listener.onWarning(message);
      },
      onError,
    });
    this.#intake = new Intake({
      reader: log.reader(),
      bufferBytes: settings.inputBytes,
      maxWaitMs: 500,
      now: () => clock.now(),
      onArrival,
      onError: (error) => {
        if (!outOfRange.handle(error)) onError(error);
      },
    });
  }

  async join(): Promise<void> {
    const { worker, assignor, metadata, onAssigned, onError } = this.#options;
    const { log, settings, plan } = worker;
    this.#member = await log.join({
      group: settings.group,
      ...settings.member,
      sessionTimeoutMs: settings.sessionTimeoutMs,
      assignor,
      listener: {
        metadata,
        onAssigned,
        onLost: () => {
          const { job } = plan.graph;
          onError(new StreamError('FENCED', 'the group expelled this worker', { job, reaction: 'rollback' }));
        },
        onError,
      },
    });
  }

  /**
   * What ended the worker: one that was fenced goes back to its last commit, but not where another process has its name.
   * Otherwise the two would fence each other in turn.
   */
  async confirm(error: unknown): Promise<unknown> {
    if (!StreamError.is(error) || error.code !== 'FENCED' || error.reaction === 'fail-job') return error;
    try {
      await this.#member?.confirm?.();
      return error;
    } catch (reason) {
      return StreamError.is(reason) && reason.code === 'FENCED' ? reason : error;
    }
  }

  /** Leaves the group: nobody gives this worker anything any more. */
  async leave(): Promise<void> {
    await this.#closing(() => this.#member?.leave());
  }

  async close(): Promise<void> {
    await this.#closing(() => this.#intake?.close());
    await this.leave();
    await this.#closing(() => this.#transactor?.close());
  }

  // The worker is ending for a reason of its own, or has committed everything: report and go on closing.
  async #closing(step: () => Promise<void> | undefined): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#options.worker.listener.onWarning(`while closing: ${String(error)}`);
    }
  }
}
