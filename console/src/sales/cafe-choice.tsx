import { useId } from 'preact/hooks';
import { Segments } from '../ui/small.tsx';
import css from './page.module.css';
import type { SalesCafe } from './sales-cafe.ts';
import { text } from './text.ts';

/** More than these are a list to open, and so are all where the screen is narrow. */
const SIDE_BY_SIDE = 3;

interface CafeChoiceProps {
  readonly cafes: readonly SalesCafe[];
  readonly value: string | undefined;
  readonly choose: (id: string) => void;
}

/** Which of the accountant's cafés; nothing to choose where there is one. */
export function CafeChoice({ cafes, value, choose }: CafeChoiceProps) {
  const id = useId();
  if (cafes.length < 2 && value !== undefined) return <p class={css.onlyCafe}>{cafes[0]?.name}</p>;
  const few = cafes.length <= SIDE_BY_SIDE;
  return (
    <>
      {few && (
        <div class={css.cafes}>
          <Segments
            label={text.now.cafe}
            options={cafes.map((cafe) => ({ value: cafe.id, label: cafe.name }))}
            value={value ?? ''}
            choose={choose}
          />
        </div>
      )}
      <div class={`${css.cafeList} ${few ? css.narrow : ''}`}>
        <label class="visually-hidden" for={id}>
          {text.now.cafe}
        </label>
        <select id={id} value={value ?? ''} onChange={(event) => choose(event.currentTarget.value)}>
          {value === undefined && <option value="" />}
          {cafes.map((cafe) => (
            <option key={cafe.id} value={cafe.id}>
              {cafe.name}
            </option>
          ))}
        </select>
      </div>
    </>
  );
}
