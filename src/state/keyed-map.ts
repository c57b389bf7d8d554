import { MapBody } from './map-body.ts';
import type { MapJournal } from './map-body.ts';
import type { MapChunks } from './map-chunks.ts';

/** The map of one key, with what its rows need: chunks once it is large, and those of maps it replaced. */
export class KeyedMap extends MapBody {
  chunks: MapChunks | undefined;
  #dropped: readonly MapChunks[] = [];
  readonly #mapJournal: MapJournal;

  constructor(journal: MapJournal) {
    super(journal);
    this.#mapJournal = journal;
  }

  /** True when rows beside the head row have to go if the map does. */
  get hasRows(): boolean {
    return this.chunks !== undefined || this.#dropped.length > 0;
  }

  /** An empty map in place of this one. */
  replacement(): KeyedMap {
    const map = new KeyedMap(this.#mapJournal);
    map.#dropped = this.chunks === undefined ? this.#dropped : [...this.#dropped, this.chunks];
    return map;
  }

  takeDropped(): readonly MapChunks[] {
    const dropped = this.#dropped;
    this.#dropped = [];
    return dropped;
  }
}
