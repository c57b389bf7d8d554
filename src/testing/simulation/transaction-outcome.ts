/** What a transaction means to the places it wrote to: who it is (the object itself) and how it ended. */
export interface TransactionOutcome {
  readonly outcome: 'open' | 'committed' | 'aborted';
}
