import { ArrowLeft } from 'lucide-preact';
import { useRoute } from 'preact-iso';
import { useEffect } from 'preact/hooks';
import { CustomerMenuDocument } from '../generated/documents.ts';
import { useAsk } from '../graph/use-ask.ts';
import { ForRole } from '../shell/for-role.tsx';
import { useTitle } from '../shell/use-title.ts';
import { timeOfDay } from '../text/format.ts';
import { cafeName } from '../text/products.ts';
import { LinkButton } from '../ui/button.tsx';
import { Note } from '../ui/note.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Badge, Busy, Empty } from '../ui/small.tsx';
import { ASK_EVERY } from './cafes-page.tsx';
import { CartBar } from './cart/cart-bar.tsx';
import { CartPanel } from './cart/cart-panel.tsx';
import { cartOf, setCart } from './cart/cart-store.ts';
import { checkedCart, type Cart } from './cart/cart.ts';
import { MenuList } from './cart/menu-list.tsx';
import css from './page.module.css';
import { isOpen } from './placing/placing.ts';
import { usePlaced } from './placing/use-placed.ts';
import { usePlacer } from './placing/use-placer.ts';
import { text } from './text.ts';
import { useKept } from './use-kept.ts';
import { Wait } from './wait.tsx';

/** /order/:cafeId: the menu of a café, and what is to be ordered from it. */
export function MenuPage() {
  const { params } = useRoute();
  const cafeId = params['cafeId'] ?? '';
  return (
    <ForRole role="customer">
      {({ subject }) => <Menu key={`${subject} ${cafeId}`} subject={subject} cafeId={cafeId} />}
    </ForRole>
  );
}

function Menu({ subject, cafeId }: { readonly subject: string; readonly cafeId: string }) {
  const { data, problem, answeredAt, askAgain } = useAsk(CustomerMenuDocument, { cafeId }, { every: ASK_EVERY });
  const { value: cafe, keptAt } = useKept(`cafe.menu.${cafeId}`, data?.cafe ?? undefined, answeredAt);
  const placer = usePlacer(subject);
  usePlaced(placer);
  const cart = cartOf(subject, cafeId);
  const placing = placer.state.value;
  useTitle(cafe === undefined ? text.now.menu.heading : cafeName(cafe.name));

  // What was refused tells that the menu is another one than the one shown.
  useEffect(() => {
    if (placing.state === 'refused') askAgain();
  }, [placing.state]);

  useEffect(
    () =>
      function leave() {
        const last = placer.state.value;
        if (last.state === 'refused' && last.placement.cafeId === cafeId) placer.dismiss();
      },
    [],
  );

  if (data?.cafe === null && problem === undefined) {
    return (
      <Empty>
        <h1>{text.now.menu.noCafe}</h1>
        <LinkButton href="/order">{text.now.menu.back}</LinkButton>
      </Empty>
    );
  }
  if (cafe === undefined) return problem === undefined ? <Busy /> : <ProblemNote problem={problem} again={askAgain} />;

  const old = problem === undefined ? undefined : (keptAt ?? answeredAt);
  const wait = <Wait minutes={cafe.waitMinutes} before={cafe.queueLength} />;
  const checked = checkedCart(cart, cafe.menu);
  function change(next: Cart): void {
    // What was refused is another order than this one.
    if (next.lines !== cart.lines && placing.state === 'refused') placer.dismiss();
    setCart(subject, cafeId, next);
  }

  return (
    <div class={css.menuPage}>
      <div class={css.page}>
        <a class={css.back} href="/order">
          <ArrowLeft size={20} aria-hidden="true" />
          {text.now.menu.back}
        </a>
        <div class={css.menuHead}>
          <h1>{cafeName(cafe.name)}</h1>
          <Badge kind={cafe.open ? 'good' : 'plain'}>{cafe.open ? text.now.open : text.now.closed}</Badge>
          {cafe.open && wait}
        </div>
        {old !== undefined && (
          <Note kind="warn" role="status">
            <p>{text.now.asOf(timeOfDay(new Date(old)))}</p>
          </Note>
        )}
        {!cafe.open && (
          <Note kind="warn" role="status">
            <p>{text.now.menu.closed}</p>
          </Note>
        )}
        <h2 class="visually-hidden">{text.now.menu.heading}</h2>
        {cafe.menu.length === 0 && (
          <Empty>
            <p>{text.now.menu.empty}</p>
          </Empty>
        )}
        <MenuList menu={cafe.menu} cart={cart} change={change} onlyLook={!cafe.open || isOpen(placing)} />
      </div>
      <CartPanel
        cafeId={cafeId}
        cart={cart}
        change={change}
        menu={cafe.menu}
        open={cafe.open}
        placer={placer}
        wait={wait}
      />
      {checked.lines.length > 0 && (
        <CartBar count={checked.count} total={checked.total} missing={checked.missing.length > 0} />
      )}
    </div>
  );
}
