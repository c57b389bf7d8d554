/** Places grouped by topic, in the order topics first appear: the shape of most requests. */
export function byTopic<T extends { readonly topic: string }>(
  places: readonly T[],
): readonly { readonly topic: string; readonly places: readonly T[] }[] {
  const groups = new Map<string, T[]>();
  for (const place of places) {
    const group = groups.get(place.topic);
    if (group === undefined) groups.set(place.topic, [place]);
    else group.push(place);
  }
  return [...groups].map(([topic, members]) => ({ topic, places: members }));
}
