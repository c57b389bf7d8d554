/**
 * Orders text by code points, which is the order of its UTF-8 bytes and so of store rows. JavaScript's `<` orders by
 * UTF-16 units and differs where surrogates (astral characters) meet U+E000..U+FFFF.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    if (left >= 0xd800 && right >= 0xd800) {
      const leftIsSurrogate = left < 0xe000;
      if (leftIsSurrogate !== right < 0xe000) return leftIsSurrogate ? 1 : -1;
    }
    return left - right;
  }
  return a.length - b.length;
}
