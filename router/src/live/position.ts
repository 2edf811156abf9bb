/** Where in its stream a subscription is. Positions of one stream are ordered by `sequence`. */
export interface Position {
  /** As the subgraph wrote it. */
  readonly text: string;
  /** The stream and its life: one that was deleted and made again has another name. */
  readonly stream: string;
  readonly sequence: number;
  /** Nothing but the sequence says what was seen: whoever has seen it may go on with anybody else's events behind it. */
  readonly isSettled: boolean;
}

/** A position goes into a token, which goes into a header. */
const longestText = 2_048;

/** @returns undefined for what is no position: `<stream>~<sequence>` or `<stream>~<sequence>~<more>` */
export function positionIn(text: string | undefined): Position | undefined {
  if (text === undefined || text.length > longestText) return undefined;
  const [, stream, digits, more] = /^([\w-]+)~(\d{1,16})(~[\x20-\x7e]*)?$/.exec(text) ?? [];
  const sequence = Number(digits);
  if (stream === undefined || !Number.isSafeInteger(sequence)) return undefined;
  return { text, stream, sequence, isSettled: more === undefined };
}
