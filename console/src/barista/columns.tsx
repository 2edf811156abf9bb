import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { productName } from '../text/products.ts';
import type { Asked } from './asked.ts';
import { cardsOf, COLUMNS, countOf, type Board, type Card, type Column } from './board.ts';
import css from './columns.module.css';
import { OrderCard } from './order-card.tsx';
import { sound } from './sound.ts';
import { text } from './text.ts';
import { NARROW, useMedia } from './use-media.ts';

interface ColumnsProps {
  readonly board: Board;
  readonly said: ReadonlyMap<string, string>;
  /** Whether the café takes orders. */
  readonly open: boolean;
  readonly ask: (asked: Asked) => void;
}

/** Three columns side by side; on a phone one at a time, with tabs. */
export function Columns(props: ColumnsProps) {
  const narrow = useMedia(NARROW);
  const whole = useRef<HTMLDivElement>(null);
  useKeptFocus(whole, props.board);
  return (
    <div ref={whole}>
      <Announcer board={props.board} />
      {narrow ? (
        <Tabs {...props} />
      ) : (
        <div class={css.columns}>
          {COLUMNS.map((column) => (
            <ColumnOf key={column} column={column} {...props} />
          ))}
        </div>
      )}
    </div>
  );
}

function Tabs(props: ColumnsProps) {
  const [chosen, setChosen] = useState<Column>('new');
  const id = useId();
  function move(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };
    const step = steps[event.key];
    if (step === undefined) return;
    const next = COLUMNS[(COLUMNS.indexOf(chosen) + step + COLUMNS.length) % COLUMNS.length]!;
    setChosen(next);
    document.getElementById(`${id}-${next}`)?.focus();
  }
  return (
    <>
      <div class={css.tabs} role="tablist" aria-label={text.now.columnsLabel} onKeyDown={move}>
        {COLUMNS.map((column) => {
          const count = countOf(props.board, column);
          return (
            <button
              key={column}
              type="button"
              role="tab"
              id={`${id}-${column}`}
              aria-selected={column === chosen}
              aria-controls={`${id}-panel`}
              tabIndex={column === chosen ? 0 : -1}
              class={column === 'new' && count > 0 ? css.calling : undefined}
              onClick={() => setChosen(column)}
            >
              {text.now.tabs[column]} <b>{count}</b>
            </button>
          );
        })}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`}>
        <ColumnOf key={chosen} column={chosen} headless {...props} />
      </div>
    </>
  );
}

interface ColumnOfProps extends ColumnsProps {
  readonly column: Column;
  readonly headless?: boolean;
}

function ColumnOf({ column, headless = false, board, said, open, ask }: ColumnOfProps) {
  const heading = useId();
  const cards = cardsOf(board, column);
  const count = countOf(board, column);
  return (
    <section class={`${css.column} ${css[column]}`} aria-labelledby={heading} data-column={column} tabIndex={-1}>
      <h2 id={heading} class={headless ? 'visually-hidden' : undefined}>
        {text.now.columns[column]} <b class={column === 'new' && count > 0 ? css.calls : undefined}>{count}</b>
      </h2>
      {cards.length === 0 && <p class={css.empty}>{emptyText(column, open)}</p>}
      {cards.map((card) => (
        <OrderCard
          key={card.delivery.orderId}
          card={card}
          said={said.get(card.delivery.orderId)}
          ask={(kind) => ask({ kind, orderId: card.delivery.orderId })}
        />
      ))}
    </section>
  );
}

function emptyText(column: Column, open: boolean): string {
  const { empty } = text.now;
  if (column !== 'new') return empty[column];
  if (!open) return empty.newClosed;
  return sound.value === 'on' ? empty.new : empty.newSilent;
}

/** Reads out each order that comes. */
function Announcer({ board }: { readonly board: Board }) {
  const known = useRef<ReadonlySet<string>>(new Set());
  const [words, setWords] = useState('');
  useEffect(
    function announce() {
      const waiting = cardsOf(board, 'new').filter(({ leavesAt }) => leavesAt === undefined);
      const fresh = waiting.filter(({ delivery }) => !known.current.has(delivery.orderId));
      known.current = new Set(waiting.map(({ delivery }) => delivery.orderId));
      if (fresh.length > 0) setWords(fresh.map((card) => text.now.arrived(linesText(card))).join(' '));
    },
    [board],
  );
  return (
    <p class="visually-hidden" role="status">
      {words}
    </p>
  );
}

function linesText({ delivery }: Card): string {
  return delivery.lines.map(({ qty, product }) => text.now.line(qty, productName(product))).join(', ');
}

/** When the button with the focus goes, the focus follows the order, else it stays in the column: the keyboard is not thrown out. */
function useKeptFocus(whole: { readonly current: HTMLElement | null }, board: Board): void {
  const last = useRef<{ readonly orderId: string | undefined; readonly column: string | undefined }>();
  useEffect(function watch() {
    const element = whole.current;
    function note({ target }: FocusEvent): void {
      const at = target as HTMLElement;
      last.current = {
        orderId: at.closest<HTMLElement>('[data-order]')?.dataset['order'],
        column: at.closest<HTMLElement>('[data-column]')?.dataset['column'],
      };
    }
    function forget({ relatedTarget }: FocusEvent): void {
      // Somebody went elsewhere; when the button itself went, nobody says where to.
      if (relatedTarget !== null) last.current = undefined;
    }
    element?.addEventListener('focusin', note);
    element?.addEventListener('focusout', forget);
    return function stop() {
      element?.removeEventListener('focusin', note);
      element?.removeEventListener('focusout', forget);
    };
  }, []);
  useEffect(
    function follow() {
      const { orderId, column } = last.current ?? {};
      if (orderId === undefined || document.activeElement !== document.body) return;
      const order = whole.current?.querySelector<HTMLElement>(`[data-order="${CSS.escape(orderId)}"]`);
      const place = order ?? whole.current?.querySelector<HTMLElement>(`[data-column="${CSS.escape(column ?? '')}"]`);
      place?.focus({ preventScroll: true });
    },
    [board],
  );
}
