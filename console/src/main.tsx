import { render } from 'preact';
import { ErrorBoundary, lazy, LocationProvider, Route, Router, useLocation } from 'preact-iso';
import { useEffect, useRef, useState } from 'preact/hooks';
import { HomePage } from './home/page.tsx';
import { ConnectionBar } from './shell/connection-bar.tsx';
import { Header } from './shell/header.tsx';
import css from './shell/shell.module.css';
import { text } from './shell/text.ts';
import { Empty } from './ui/small.tsx';
import { Notices } from './ui/notices.tsx';
import { Button, LinkButton } from './ui/button.tsx';
// oxlint-disable-next-line import/no-unassigned-import -- a stylesheet has nothing to assign
import './ui/tokens.css';

// Each page is loaded when it is wanted: a customer's phone gets no chart.
const CafesPage = lazy(async () => (await import('./customer/cafes-page.tsx')).CafesPage);
const MenuPage = lazy(async () => (await import('./customer/menu-page.tsx')).MenuPage);
const OrdersPage = lazy(async () => (await import('./customer/orders-page.tsx')).OrdersPage);
const OrderPage = lazy(async () => (await import('./customer/order-page.tsx')).OrderPage);
const BaristaPage = lazy(async () => (await import('./barista/page.tsx')).BaristaPage);
const SalesPage = lazy(async () => (await import('./sales/page.tsx')).SalesPage);
const SimulatorsPage = lazy(async () => (await import('./simulators/page.tsx')).SimulatorsPage);

/** These use the whole width of a screen. */
const WIDE = /^\/(barista|sales|simulators)/;

function NotFound() {
  return (
    <Empty>
      <h1>{text.now.notFound}</h1>
      <LinkButton href="/">{text.now.goHome}</LinkButton>
    </Empty>
  );
}

function Pages() {
  const { path } = useLocation();
  const [failed, setFailed] = useState(false);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(
    function moveFocus() {
      // Who follows a link by keyboard or by ear is at the top of the new page then.
      if (!first.current) main.current?.focus();
      first.current = false;
      setFailed(false);
    },
    [path],
  );
  if (failed) {
    return (
      <Empty>
        <p role="alert">{text.now.pageFailed}</p>
        <Button onClick={() => location.reload()}>{text.now.goHome}</Button>
      </Empty>
    );
  }
  return (
    <main id="content" ref={main} tabIndex={-1} class={`${css.main} ${WIDE.test(path) ? css.wide : ''}`}>
      <ErrorBoundary onError={() => setFailed(true)}>
        <Router>
          <Route path="/" component={HomePage} />
          <Route path="/order" component={CafesPage} />
          <Route path="/order/:cafeId" component={MenuPage} />
          <Route path="/orders" component={OrdersPage} />
          <Route path="/orders/:orderId" component={OrderPage} />
          <Route path="/barista/:cafeId?" component={BaristaPage} />
          <Route path="/sales/:cafeId?" component={SalesPage} />
          <Route path="/simulators" component={SimulatorsPage} />
          <Route default component={NotFound} />
        </Router>
      </ErrorBoundary>
    </main>
  );
}

function App() {
  return (
    <LocationProvider>
      <a class={css.skip} href="#content" target="_self">
        {text.now.skip}
      </a>
      <Header />
      <ConnectionBar />
      <Pages />
      <Notices />
    </LocationProvider>
  );
}

render(<App />, document.getElementById('app')!);
