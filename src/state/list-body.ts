interface Pages {
  readonly incarnation: number;
  readonly from: number;
  readonly to: number;
}

/**
 * A list of one key: sealed pages in the store (read when wanted) and a tail in memory. The memory backend only has a tail.
 * Arrays that were handed out are never changed afterwards: the next append copies.
 */
export class ListBody {
  tail: unknown[] = [];
  incarnation = 0;
  firstPage = 0;
  nextPage = 0;
  sealedCount = 0;
  #sealed: unknown[] | undefined;
  /** Entries of the pages from `page` on, which a commit in flight writes: the store may not have them yet. */
  #flying: { readonly page: number; readonly entries: readonly unknown[] } | undefined;
  /** Sealed entries and tail; undefined after a change. */
  #all: readonly unknown[] | undefined;
  #shared = false;
  /** Pages of lists that this one replaced and that were not yet given to the sweeper. */
  #dropped: readonly Pages[] = [];

  get size(): number {
    return this.sealedCount + this.tail.length;
  }

  /** Entries held in memory. */
  get inMemory(): number {
    return this.tail.length + (this.#sealed?.length ?? 0);
  }

  add(entry: unknown): void {
    if (this.#shared) {
      this.tail = this.tail.slice();
      this.#shared = false;
    }
    this.tail.push(entry);
    this.#all = undefined;
  }

  setTail(tail: unknown[]): void {
    this.tail = tail;
    this.#shared = true; // someone may hold it
    this.#all = undefined;
  }

  /** All entries; `read` gets those of the pages before the given one. */
  all(read: (toPage: number) => unknown[]): readonly unknown[] {
    if (this.#all !== undefined) return this.#all;
    if (this.sealedCount === 0) {
      this.#shared = true;
      this.#all = this.tail;
    } else {
      this.#sealed ??= [...read(this.#flying?.page ?? this.nextPage), ...(this.#flying?.entries ?? [])];
      this.#all = [...this.#sealed, ...this.tail];
    }
    return this.#all;
  }

  /** The first `count` entries of the tail are in pages now, the first of them `page`. */
  seal(count: number, page: number): void {
    const sealed = this.tail.slice(0, count);
    if (this.sealedCount === 0) this.#sealed = sealed;
    else if (this.#sealed === undefined) this.#flying = { page, entries: sealed };
    else for (const entry of sealed) this.#sealed.push(entry);
    this.sealedCount += count;
    this.tail = this.tail.slice(count);
    this.#shared = false;
  }

  /** A list in place of this one. */
  replacement(entries: unknown[]): ListBody {
    const body = new ListBody();
    body.tail = entries;
    body.#dropped = this.#dropped;
    if (this.nextPage > this.firstPage) {
      const { incarnation, firstPage: from, nextPage: to } = this;
      body.#dropped = [...this.#dropped, { incarnation, from, to }];
    }
    return body;
  }

  /** True when nothing but the head row has to go if the list does. */
  get hasPages(): boolean {
    return this.nextPage > this.firstPage || this.#dropped.length > 0;
  }

  takeDropped(): readonly Pages[] {
    const dropped = this.#dropped;
    this.#dropped = [];
    return dropped;
  }

  forgetSealed(): number {
    const count = this.#sealed?.length ?? 0;
    this.#sealed = undefined;
    this.#flying = undefined;
    this.#all = undefined;
    return count;
  }
}
