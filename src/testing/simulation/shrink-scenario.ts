/** Makes a failing scenario smaller while it keeps failing: fewer faults first, then fewer workers, then fewer inputs. */
import type { Scenario } from './scenario.ts';

/** Runs tried at most. */
const mostAttempts = 150;

export async function shrinkScenario(
  scenario: Scenario,
  fails: (candidate: Scenario) => Promise<boolean>,
): Promise<Scenario> {
  let best = scenario;
  let attempts = 0;
  const accept = async (candidate: Scenario): Promise<boolean> => {
    if (attempts++ >= mostAttempts || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  if (best.noise) await accept({ ...best, noise: false });
  await without(
    () => best.faults,
    (faults) => accept({ ...best, faults }),
    () => false,
  );
  while (best.workers > 1 && (await accept({ ...best, workers: best.workers - 1 })));
  await without(
    () => best.inputs,
    (inputs) => accept({ ...best, inputs }),
    (input) => input.keep === true,
  );
  return best;
}

// Takes away halves, then quarters, ... then single items.
async function without<T>(
  items: () => readonly T[],
  accept: (items: readonly T[]) => Promise<boolean>,
  kept: (item: T) => boolean,
): Promise<void> {
  for (let size = Math.ceil(items().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < items().length;) {
      const all = items();
      const rest = all.filter((item, i) => i < at || i >= at + size || kept(item));
      if (rest.length === all.length || !(await accept(rest))) at += size;
    }
  }
}
