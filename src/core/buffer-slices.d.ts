// Node's Buffer has these since its beginning and @types/node leaves them out. They skip the argument handling of
// toString(), which costs as much as the conversion of a short text.
interface Buffer {
  utf8Slice(start?: number, end?: number): string;
  latin1Slice(start?: number, end?: number): string;
}
