import { persistence, type KafkaContext } from './kafka-context.ts';
import { persist, type Persistence } from './persist.ts';
import { brokerError, brokerFailure } from './protocol/errors.ts';
import type { CoordinatorType, SendOptions, Slot } from './transport/kafka-transport.ts';

/** What an answer complains about, and the place where it names one. */
export interface Complaint {
  /** 0: nothing. */
  readonly errorCode: number;
  readonly topic?: string;
  readonly partition?: number;
}

export interface CoordinatorRequest<T> {
  /** What it does, for messages: 'commit of a transaction'. */
  readonly what: string;
  readonly api: { readonly apiKey: number; readonly version: number; readonly flexible?: boolean };
  readonly slot: Slot;
  readonly body: Buffer;
  readonly decode: (body: Buffer) => T;
  readonly complaint: (answer: T) => Complaint | undefined;
  /** How long the answer may take; the default of the transport when absent. */
  readonly timeoutMs?: number;
}

/** Talks to the coordinator of one group or transactional id, wherever it is at present. */
export class CoordinatorClient {
  readonly #context: KafkaContext;
  readonly #type: CoordinatorType;
  readonly #key: string;

  constructor(context: KafkaContext, type: CoordinatorType, key: string) {
    this.#context = context;
    this.#type = type;
    this.#key = key;
  }

  /** Sends a request until it is answered for good. Fails with the answer's error as the table of errors has it. */
  call<T>(request: CoordinatorRequest<T>, how: Persistence = persistence(this.#context)): Promise<T> {
    return persist(how, () => this.#once(request, how));
  }

  async #once<T>(
    { what, api, slot, body, decode, complaint, timeoutMs }: CoordinatorRequest<T>,
    { signal, onTry }: Persistence,
  ): Promise<T> {
    const { transport } = this.#context;
    const node = await transport.coordinator(this.#type, this.#key);
    const options: SendOptions = {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(signal === undefined ? {} : { signal }),
      ...(api.flexible === undefined ? {} : { flexible: api.flexible }),
    };
    let answer: T;
    try {
      onTry?.();
      answer = decode(await transport.send(node, slot, api.apiKey, api.version, body, options));
    } catch (error) {
      this.#lookAgain();
      throw error;
    }
    const found = complaint(answer);
    if (found === undefined || found.errorCode === 0) return answer;
    const { topic, partition } = found;
    if (brokerError(found.errorCode).recovery === 'find-coordinator') this.#lookAgain();
    throw brokerFailure(found.errorCode, `the ${what} (${this.#type} '${this.#key}')`, { topic, partition });
  }

  #lookAgain(): void {
    this.#context.transport.invalidate({ coordinator: { type: this.#type, key: this.#key } });
  }
}
