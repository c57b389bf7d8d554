/** An error code as something to throw: the request's handler puts it into the answer. */
export class KafkaError extends Error {
  readonly code: number;

  constructor(name: string, code: number) {
    super(name);
    this.code = code;
  }
}

const codes = {
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopic: 3,
  notLeader: 6,
  notCoordinator: 16,
  illegalGeneration: 22,
  unknownMember: 25,
  rebalanceInProgress: 27,
  topicExists: 36,
  invalidPartitions: 37,
  outOfOrderSequence: 45,
  invalidProducerEpoch: 47,
  invalidTransactionState: 48,
  invalidProducerMapping: 49,
  concurrentTransactions: 51,
  nonEmptyGroup: 68,
  fencedLeaderEpoch: 74,
  memberIdRequired: 79,
  fencedInstance: 82,
  unstableOffset: 88,
} as const;

export const kafkaError = Object.fromEntries(
  Object.entries(codes).map(([name, code]) => [name, new KafkaError(name, code)]),
) as Readonly<Record<keyof typeof codes, KafkaError>>;

/** The code that `work` fails with; 0: it does not. */
export function codeOf(work: () => void): number {
  try {
    work();
    return 0;
  } catch (error) {
    if (error instanceof KafkaError) return error.code;
    throw error;
  }
}
