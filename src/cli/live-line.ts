/** A terminal with one line at the bottom that is drawn over, and ordinary lines above it. */
import type { OutputStream } from './io.ts';

const clear = '\r\x1b[2K';

export class LiveLine {
  readonly #stream: OutputStream;
  readonly #live: boolean;
  #text = '';
  #writing: Promise<void> = Promise.resolve();

  /** On a stream that is no terminal only ordinary lines are written. */
  constructor(stream: OutputStream) {
    this.#stream = stream;
    this.#live = stream.isTTY === true;
  }

  get isLive(): boolean {
    return this.#live;
  }

  /** Writes an ordinary line. */
  print(line: string): void {
    this.#write(this.#text === '' ? `${line}\n` : `${clear}${line}\n${this.#text}`);
  }

  /** Replaces the live line; cut to the width of the terminal, since a wrapped line cannot be drawn over. */
  show(text: string): void {
    if (!this.#live) return;
    this.#text = text.slice(0, Math.max(20, (this.#stream.columns ?? 80) - 1));
    this.#write(`${clear}${this.#text}`);
  }

  /** Takes the live line away. */
  hide(): void {
    if (this.#text === '') return;
    this.#text = '';
    this.#write(clear);
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  #write(text: string): void {
    // What goes to standard error is lost with its reader; the job goes on.
    this.#writing = this.#writing.then(() => this.#stream.write(text)).catch(() => undefined);
  }
}
