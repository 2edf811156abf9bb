import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { businessDay, count, won } from '../text/format.ts';
import { language } from '../text/language.ts';
import { layOut, nearestBar } from './chart-layout.ts';
import css from './page.module.css';
import type { Grouping, PeriodSums } from './periods.ts';
import { text } from './text.ts';

const HEIGHT = 300;
/** How far a page key goes. */
const LEAP = 7;

interface ChartProps {
  readonly sums: readonly PeriodSums[];
  readonly grouping: Grouping;
  readonly picked: string | undefined;
  readonly pick: (period: string | undefined) => void;
}

/** Bars over time. One is picked by a finger, or by keys as on a slider, which is what it is to a screen reader. */
export function Chart({ sums, grouping, picked, pick }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [over, setOver] = useState<number>();
  const words = text.now.chart;
  const layout = layOut(sums, { width, height: HEIGHT, written: won, named: shortly });
  const last = sums.length - 1;
  const place = picked === undefined ? last : sums.findIndex(({ period }) => period === picked);
  const spoken = sums[place];
  const pointed = over === undefined ? undefined : sums[over];
  const pointedBar = over === undefined ? undefined : layout.bars[over];

  function barAt(event: MouseEvent): number {
    return nearestBar(layout, event.clientX - (frame.current?.getBoundingClientRect().left ?? 0));
  }
  function pickAt(index: number): void {
    pick(sums[Math.min(last, Math.max(0, index))]?.period);
  }
  function onKeyDown(event: KeyboardEvent): void {
    // The first key picks what is read out already.
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: place - (picked === undefined ? 0 : 1),
      ArrowDown: place - (picked === undefined ? 0 : 1),
      ArrowRight: place + 1,
      ArrowUp: place + 1,
      PageDown: place - LEAP,
      PageUp: place + LEAP,
      Home: 0,
      End: last,
    };
    const step = steps[event.key];
    if (event.key === 'Escape') pick(undefined);
    else if (step !== undefined) pickAt(step);
    else return;
    event.preventDefault();
  }

  return (
    <div
      ref={frame}
      class={css.chart}
      role="slider"
      tabIndex={0}
      aria-label={words.pick[grouping]}
      aria-description={words.keys}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={place}
      aria-valuetext={
        picked === undefined
          ? words.all[grouping]
          : words.value(businessDay(spoken?.period ?? ''), won(spoken?.sold ?? 0), count(spoken?.orders ?? 0))
      }
      onKeyDown={onKeyDown}
      onPointerMove={(event) => event.pointerType === 'mouse' && setOver(barAt(event))}
      onPointerLeave={() => setOver(undefined)}
      onClick={function pickOrLetGo(event) {
        const period = sums[barAt(event)]?.period;
        pick(period === picked ? undefined : period);
      }}
    >
      <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
        {layout.ticks.map(({ y, amount }) => (
          <g key={amount}>
            <line class={amount === 0 ? css.zero : css.gridLine} x1={layout.left} x2={layout.right} y1={y} y2={y} />
            <text class={css.tick} x={layout.left - 8} y={y} dy="0.32em" text-anchor="end">
              {won(amount)}
            </text>
          </g>
        ))}
        {layout.bars.map(function bar({ period, x, width: wide, sold, ordered }, index) {
          const dim = picked !== undefined && picked !== period ? css.dim : '';
          return (
            <g key={period} class={dim}>
              {(period === picked || index === over) && (
                <rect class={css.column} x={x - layout.step * 0.14} width={layout.step} y={0} height={layout.bottom} />
              )}
              <rect class={css.barOrdered} x={x} width={wide} y={ordered.y} height={ordered.height} rx={2} />
              <rect
                class={sold.below ? css.barBelow : css.barSold}
                x={x}
                width={wide}
                y={sold.y}
                height={sold.height}
                rx={2}
              />
            </g>
          );
        })}
        {layout.labels.map(({ x, period }) => (
          <text key={period} class={css.tick} x={x} y={HEIGHT - 6} text-anchor="middle">
            {shortly(period)}
          </text>
        ))}
      </svg>
      {pointed !== undefined && pointedBar !== undefined && (
        <div
          class={css.tip}
          aria-hidden="true"
          style={{
            left: `${Math.min(width - 190, Math.max(0, pointedBar.x + pointedBar.width / 2 - 95))}px`,
          }}
        >
          <b>{businessDay(pointed.period)}</b>
          <span>{won(pointed.sold)}</span>
          <small>
            {text.now.today.orders} {count(pointed.orders)} · {text.now.today.qty} {count(pointed.qty)}
          </small>
        </div>
      )}
    </div>
  );
}

/** A period as there is room for below a bar: May 14; of months, Jan 2021 and then Feb, Mar… */
function shortly(period: string): string {
  if (period.length === 8) return businessDay(period);
  const date = new Date(Date.UTC(Number(period.slice(0, 4)), Number(period.slice(4)) - 1));
  const year = period.endsWith('01') ? ({ year: 'numeric' } as const) : {};
  return date.toLocaleDateString(language.value, { timeZone: 'UTC', month: 'short', ...year });
}

/** The width of an element, in px, as it changes. */
function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(640);
  useLayoutEffect(
    function watch() {
      const { current } = element;
      if (current === null) return undefined;
      setWidth(current.clientWidth);
      const observer = new ResizeObserver(() => setWidth(current.clientWidth));
      observer.observe(current);
      return () => observer.disconnect();
    },
    [element],
  );
  return width;
}
