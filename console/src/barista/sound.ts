import { computed, signal } from '@preact/signals';
import { keep, kept } from '../shell/storage.ts';

const KEY = 'cafe.sound';

const wanted = signal(kept(KEY) !== 'off');
/** Browsers let a page sound only after somebody has touched it. */
const awake = signal(false);
let context: AudioContext | undefined;

/** asleep: wanted, but the browser waits for a first touch. */
export const sound = computed(() => {
  if (!wanted.value) return 'off';
  return awake.value ? 'on' : 'asleep';
});

async function wake(): Promise<void> {
  try {
    context ??= new AudioContext();
    await context.resume();
    awake.value = context.state === 'running';
  } catch {
    awake.value = false;
  }
}

/** Call it from a touch. */
export async function turnSoundOn(): Promise<void> {
  wanted.value = true;
  keep(KEY, 'on');
  await wake();
  ring();
}

export function turnSoundOff(): void {
  wanted.value = false;
  keep(KEY, 'off');
}

/** Any touch of the page will do. @returns stops waiting for one */
export function wakeWithFirstTouch(): () => void {
  if (typeof navigator !== 'undefined' && navigator.userActivation?.hasBeenActive) void wake();
  function touched(): void {
    if (wanted.value) void wake();
  }
  addEventListener('pointerup', touched);
  addEventListener('keydown', touched);
  return function stop() {
    removeEventListener('pointerup', touched);
    removeEventListener('keydown', touched);
  };
}

/** Two strokes of a counter bell. */
export function ring(): void {
  if (sound.value !== 'on' || context === undefined) return;
  const begin = context.currentTime + 0.02;
  stroke(context, 1_318.5, begin);
  stroke(context, 1_760, begin + 0.22);
}

function stroke(audio: AudioContext, frequency: number, at: number): void {
  // A bell is its tone with fainter, shorter ones above it.
  for (const [multiple, loudness, seconds] of [
    [1, 0.3, 1.1],
    [2.76, 0.1, 0.5],
    [5.4, 0.05, 0.25],
  ] as const) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = frequency * multiple;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(loudness, at + 0.008);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + seconds + 0.05);
  }
}
