/** Two touches within this are one of a trembling or wet finger. ms */
const WITHIN = 600;
/** CSS pixels */
const NEAR = 60;

interface Press {
  readonly orderId: string;
  readonly x: number;
  readonly y: number;
  /** ms */
  readonly at: number;
}

/**
 * Keeps a double touch from reaching two orders: after the first the next card moves up, and the second touch would hit its button.
 *
 * @returns whether a press counts
 */
export function createPressGuard(): (press: Press) => boolean {
  let last: Press | undefined;
  return function counts(press) {
    const slipped =
      last !== undefined &&
      last.orderId !== press.orderId &&
      press.at - last.at < WITHIN &&
      Math.hypot(press.x - last.x, press.y - last.y) < NEAR;
    if (!slipped) last = press;
    return !slipped;
  };
}

const counts = createPressGuard();

/** @param event a click; one of the keyboard, which has no place, always counts */
export function isMeant(event: MouseEvent, orderId: string): boolean {
  if (event.detail === 0) return true;
  return counts({ orderId, x: event.clientX, y: event.clientY, at: event.timeStamp });
}
