/** Calls that wait until a test answers them, the youngest first: results have to find their order by themselves. */
export class Calls {
  readonly #waiting: (() => void)[] = [];

  answer(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Answers one call; false: none waits. */
  answerOne(): boolean {
    const answer = this.#waiting.pop();
    answer?.();
    return answer !== undefined;
  }
}
