import { StreamError } from '../core/stream-error.ts';
import { graphInvalid, type Mistake } from '../graph/mistake.ts';
import { isName, nameRemedy } from '../graph/names.ts';
import type { Graph, GraphNode, NodeId, SourceNode } from '../graph/nodes.ts';
import { findMistakes } from '../graph/validate.ts';
import { broadcastNodes } from '../graph/walk.ts';

/**
 * The graph while `build` runs. Streams add nodes to it; mistakes are collected, so that all of them are reported at
 * once. An id that is taken twice is made unique after it was noted: every reference stays unambiguous.
 */
export class Draft {
  readonly job: string;
  readonly #nodes = new Map<NodeId, GraphNode>();
  readonly #taken = new Map<NodeId, 'given' | 'derived'>();
  readonly #mistakes: Mistake[] = [];
  #open = true;

  constructor(job: string) {
    this.job = job;
  }

  mistake(place: string, problem: string, remedy: string): void {
    this.#mistakes.push({ place, problem, remedy });
  }

  /** Takes an id that the user gave. */
  given(id: string): NodeId {
    if (!isName(id)) this.mistake(id, 'is not a usable id', nameRemedy);
    return this.#take(id, 'given');
  }

  /** Takes an id made from a given one. */
  derived(id: string): NodeId {
    return this.#take(id, 'derived');
  }

  /** Takes the id of an unnamed step: `detections/map-1`, counted per operator with a given id and label. */
  position(upstream: NodeId, label: string): NodeId {
    const base = `${this.namedBefore(upstream)}/${label}-`;
    let count = 1;
    while (this.#taken.has(`${base}${String(count)}`)) count++;
    return this.#take(`${base}${String(count)}`, 'derived');
  }

  /** The node itself, or the nearest one before it whose id a user gave. */
  namedBefore(id: NodeId): NodeId {
    let at = this.node(id);
    while (this.#taken.get(at.id) === 'derived') at = this.node(at.inputs[0]!);
    return at.id;
  }

  node(id: NodeId): GraphNode {
    return this.#nodes.get(id)!; // streams hold only ids that they added
  }

  add(node: GraphNode): NodeId {
    if (!this.#open) {
      throw new StreamError('GRAPH_INVALID', 'a step was added after the topology was built', {
        job: this.job,
        operator: node.id,
        remedy: 'Make all steps inside build, synchronously.',
      });
    }
    this.#nodes.set(node.id, Object.freeze(node));
    return node.id;
  }

  /** Says that the records of a source are already partitioned by a key. */
  keySource(source: SourceNode, keyedBy: NonNullable<SourceNode['keyedBy']>): void {
    const current = this.#nodes.get(source.id) as SourceNode; // it was added as one
    if (current.keyedBy !== undefined && current.keyedBy !== keyedBy) {
      this.mistake(source.id, 'is keyedByRecordKey twice', 'Call it once and use the keyed stream for both.');
    }
    this.#nodes.set(source.id, Object.freeze({ ...current, keyedBy }));
  }

  /** Notes an async function (of the named ones) where a synchronous one belongs; those compiled to plain functions show when they run. */
  sync(place: NodeId, functions: Readonly<Record<string, unknown>>, names = Object.keys(functions)): void {
    for (const name of names) {
      const value = functions[name];
      if (value === undefined) continue;
      if (typeof value !== 'function') {
        this.mistake(place, `${name} is not a function`, `Pass a function as ${name}.`);
      } else if (Object.prototype.toString.call(value) === '[object AsyncFunction]') {
        this.mistake(
          place,
          `${name} is an async function in a synchronous step`,
          'Use asyncMap for calls that take time.',
        );
      }
    }
  }

  /** The frozen graph. Throws GRAPH_INVALID with all mistakes. */
  finish(): Graph {
    this.#open = false;
    const shape: Graph = { job: this.job, nodes: this.#nodes };
    const broadcast = broadcastNodes(shape);
    const nodes = new Map(
      [...this.#nodes.values()].map((node) => {
        const shared = node.kind === 'source' && broadcast.has(node.id);
        return [node.id, shared ? Object.freeze({ ...node, broadcast: true }) : node];
      }),
    );
    const graph: Graph = Object.freeze({ job: this.job, nodes });
    const mistakes = [...this.#mistakes, ...findMistakes(graph)];
    if (mistakes.length > 0) throw graphInvalid(this.job, mistakes);
    return graph;
  }

  #take(id: NodeId, origin: 'given' | 'derived'): NodeId {
    const holder = this.#taken.get(id);
    if (holder === undefined) {
      this.#taken.set(id, origin);
      return id;
    }
    // Two derived ids only collide when the given ones that they come from do: that was noted already.
    if (holder === 'given' || origin === 'given') {
      this.mistake(id, 'this id is used twice', 'Give every source, operator and sink an id of its own.');
    }
    let copy = 2;
    while (this.#taken.has(`${id}#${String(copy)}`)) copy++;
    this.#taken.set(`${id}#${String(copy)}`, origin);
    return `${id}#${String(copy)}`;
  }
}
