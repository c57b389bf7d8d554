const delta = 0xa282ead8;

/** A checksum as LevelDB stores it: rotated and shifted, so that checksums of checksums are worth something. */
export function mask(checksum: number): number {
  return (((checksum >>> 15) | (checksum << 17)) + delta) >>> 0;
}

/** A checksum that LevelDB has stored, made plain. */
export function unmask(masked: number): number {
  const rotated = (masked - delta) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}
