/** A line that is not empty, without its end, and its number from 1. */
export interface Line {
  readonly number: number;
  readonly bytes: Buffer;
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf);

/** The lines of a stream as the bytes they are, as many at once as there are; the last one may have no end. */
export async function* linesOf(stream: NodeJS.ReadableStream): AsyncIterable<readonly Line[]> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  const lineOf = (bytes: Buffer): Line | undefined => {
    number++;
    const start = number === 1 && bytes.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
    const line = bytes.subarray(start, bytes.at(-1) === carriageReturn ? -1 : undefined);
    return line.length === 0 ? undefined : { number, bytes: line };
  };
  for await (const chunk of stream) {
    const bytes = Buffer.concat([rest, typeof chunk === 'string' ? Buffer.from(chunk) : chunk]);
    const lines: Line[] = [];
    let from = 0;
    for (let to = bytes.indexOf(newline); to >= 0; to = bytes.indexOf(newline, from)) {
      const line = lineOf(bytes.subarray(from, to));
      if (line !== undefined) lines.push(line);
      from = to + 1;
    }
    rest = bytes.subarray(from);
    if (lines.length > 0) yield lines;
  }
  const last = rest.length === 0 ? undefined : lineOf(rest);
  if (last !== undefined) yield [last];
}
