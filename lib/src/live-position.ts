/**
 * A subscriber's place in a stream, as text: `<stream>~<sequence>` or `<stream>~<sequence>~<more>`. `<stream>` names the stream and its
 * life; `<more>` says which versions beyond the sequence the subscriber has already, because it read them in the database before
 * they were in the stream.
 */
export interface Position {
  readonly stream: string;
  /** The last sequence of which the subscriber has all that is its topic's. */
  readonly sequence: number;
  /** By aggregate: versions up to this one come no more, though their events stand behind `sequence`. */
  readonly ahead: ReadonlyMap<string, number>;
}

const FORM = /^([\w-]{1,200})~(\d{1,16})(?:~([\w-]{1,2048}))?$/;
/** A position goes into a token, and that into a header: it must stay short. */
const MAX_AHEAD = 24;
/** Stands for too many, or for what is missing: there is no going on from here but by a snapshot. */
const NO_WAY_ON = '-';

/** What a subscriber has beyond a sequence; `lacking`: it does not have all up to it. */
export type Beyond = ReadonlyMap<string, number> | 'lacking';

export function positionText(stream: string, sequence: number, ahead?: Beyond): string {
  const place = `${stream}~${sequence}`;
  if (ahead === 'lacking') return `${place}~${NO_WAY_ON}`;
  if (ahead === undefined || ahead.size === 0) return place;
  if (ahead.size > MAX_AHEAD) return `${place}~${NO_WAY_ON}`;
  return `${place}~${Buffer.from(JSON.stringify([...ahead])).toString('base64url')}`;
}

/** @returns undefined for what is no position, or one that nothing can go on from */
export function parsePosition(text: string): Position | undefined {
  const [, stream, digits, more] = FORM.exec(text) ?? [];
  const sequence = Number(digits);
  if (stream === undefined || !Number.isSafeInteger(sequence)) return undefined;
  const ahead = more === undefined ? new Map<string, number>() : aheadIn(more);
  return ahead && { stream, sequence, ahead };
}

function aheadIn(more: string): Map<string, number> | undefined {
  try {
    const entries = JSON.parse(Buffer.from(more, 'base64url').toString()) as unknown;
    return Array.isArray(entries) && entries.every(isEntry) ? new Map(entries) : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(entry: unknown): entry is [string, number] {
  return (
    Array.isArray(entry) &&
    entry.length === 2 &&
    typeof entry[0] === 'string' &&
    Number.isSafeInteger(entry[1] as number)
  );
}
