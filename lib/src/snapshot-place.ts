import type { Feed } from './feed.ts';
import type { FeedCursor } from './feed-cursor.ts';

/** A state of a snapshot. */
export interface SnapshotVersion {
  readonly aggregateId: string;
  readonly version: number;
}

/** How a snapshot differs from the place before which it was read, by aggregate: its version there. */
export interface SnapshotPlace {
  /** It has their events already, though they are still to come. */
  readonly ahead: Map<string, number>;
  /** It lacks what the feed has seen of them. */
  readonly behind: Map<string, number>;
}

/** @param cursor placed before the snapshot was read */
export async function placeSnapshot(
  feed: Pick<Feed, 'seen' | 'sequenceOf'>,
  cursor: FeedCursor,
  versions: readonly SnapshotVersion[],
): Promise<SnapshotPlace> {
  const ahead = new Map<string, number>();
  const behind = new Map<string, number>();
  const unknown: SnapshotVersion[] = [];
  const { sequence: place } = cursor;
  for (const state of versions) {
    const { aggregateId, version } = state;
    if (version < 1) continue;
    const seen = feed.seen(aggregateId);
    if (seen === undefined) {
      unknown.push(state);
    } else if (seen.version < version) {
      ahead.set(aggregateId, version);
    } else if (seen.sequence <= place) {
      if (seen.version > version) behind.set(aggregateId, version);
    } else {
      // Seen while the snapshot was read.
      const first = cursor.firstVersionOf(aggregateId) ?? seen.version;
      if (first > version + 1) behind.set(aggregateId, version);
      else ahead.set(aggregateId, version);
    }
  }
  await Promise.all(
    unknown.map(async ({ aggregateId, version }) => {
      const sequence = await feed.sequenceOf(aggregateId, version);
      if (sequence === undefined || sequence > place) ahead.set(aggregateId, version);
    }),
  );
  return { ahead, behind };
}
