/** A checksum as LevelDB stores it (rotated and shifted, so that checksums of checksums are worth something), made plain. */
export function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}
