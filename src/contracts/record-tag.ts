/** A record is a member of a tagged union: the tag is a constant of its values and usually the first key of the document. */
export interface RecordTag {
  readonly field: string;
  readonly value: string;
}
