import { StreamError } from '../core/stream-error.ts';
import { tagOf } from './row-keys.ts';

/** Tags are 36-bit hashes: two names of one process that share a tag would share rows, so that is refused. */
export class TagRegistry {
  readonly #paths = new Map<string, string>();

  readonly tagOf = (...path: readonly string[]): string => {
    const tag = tagOf(...path);
    const name = path.join(' / ');
    const other = this.#paths.get(tag);
    if (other !== undefined && other !== name) {
      throw new StreamError('GRAPH_INVALID', `the state names '${other}' and '${name}' have the same row tag ${tag}`, {
        remedy: 'Rename one of them.',
      });
    }
    this.#paths.set(tag, name);
    return tag;
  };
}
