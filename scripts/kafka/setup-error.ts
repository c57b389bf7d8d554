/** Something about the machine or the request is wrong: what, and what to do about it. */
export class SetupError extends Error {
  constructor(reason: string, remedy: string, options?: ErrorOptions) {
    super(`${reason}. ${remedy}`, options);
    this.name = 'SetupError';
  }
}
