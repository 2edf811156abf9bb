import { useEffect, useState } from 'preact/hooks';
import {
  SalesNewestTransfersDocument,
  SalesTransfersDocument,
  type TransferPartsFragment,
} from '../generated/documents.ts';
import { Button } from '../ui/button.tsx';
import { Badge, Empty, Segments } from '../ui/small.tsx';
import { businessDay, count, dayAndTime, won } from '../text/format.ts';
import css from './page.module.css';
import { Panel } from './panel.tsx';
import type { SalesCafe } from './sales-cafe.ts';
import { text } from './text.ts';
import { useAskAlong } from './use-ask-along.ts';
import { useResend } from './use-resend.ts';

type Which = 'current' | 'refused' | 'all';
type Transfer = TransferPartsFragment;

const PAGE = 7;
/** As many as are given for one question. */
const MOST = 100;
/** ms; sooner while headquarters has something to answer. */
const EVERY = { settled: 15_000, pending: 2_500 } as const;

/** What headquarters was told, and what it said. */
export function TransfersPanel({ cafe, changes }: { readonly cafe: SalesCafe; readonly changes: number }) {
  const [which, setWhich] = useState<Which>('current');
  const [first, setFirst] = useState(PAGE);
  const [pending, setPending] = useState(false);
  const along = { changes, every: pending ? EVERY.pending : EVERY.settled };
  // A day has a revision for each of its sales; what is current is the newest one of each day.
  const newest = useAskAlong(
    SalesNewestTransfersDocument,
    which === 'current' ? { cafeId: cafe.id, first } : undefined,
    along,
  );
  const listed = useAskAlong(
    SalesTransfersDocument,
    which === 'current'
      ? undefined
      : { cafeId: cafe.id, status: which === 'refused' ? (['REJECTED'] as const) : null, first },
    along,
  );
  const asked = which === 'current' ? newest : listed;
  const { resend, sending } = useResend(asked.askAgain);
  const words = text.now.transfers;
  const list = which === 'current' ? newest.shown?.accountings : listed.shown?.headquartersTransfers;
  const transfers: readonly Transfer[] =
    which === 'current'
      ? (newest.shown?.accountings.edges ?? []).flatMap(({ node: { transfer } }) => transfer ?? [])
      : (listed.shown?.headquartersTransfers.edges ?? []).map(({ node }) => node);
  const anyPending = transfers.some(({ status }) => status === 'PENDING');
  useEffect(() => setPending(anyPending), [anyPending]);
  return (
    <Panel
      class={css.transfers}
      title={words.title}
      about={words.about}
      asked={asked}
      ready={list !== undefined}
      outdated={asked.outdated}
      timeZone={cafe.timeZone}
      tools={
        <Segments
          label={words.show}
          options={(['current', 'refused', 'all'] as const).map((value) => ({ value, label: words.which[value] }))}
          value={which}
          choose={function choose(chosen) {
            setWhich(chosen);
            setFirst(PAGE);
          }}
        />
      }
    >
      {transfers.length === 0 ? (
        <Empty>
          <p>{words.empty[which]}</p>
        </Empty>
      ) : (
        <table class={css.table}>
          <thead>
            <tr>
              <th scope="col">{words.day}</th>
              <th scope="col">{words.state}</th>
              <th scope="col">{words.sum}</th>
            </tr>
          </thead>
          <tbody>
            {transfers.map((transfer) => (
              <Row
                key={transfer.id}
                transfer={transfer}
                newest={isNewest(transfer, transfers)}
                timeZone={cafe.timeZone}
                sending={sending === transfer.id}
                resend={() => void resend(transfer)}
              />
            ))}
          </tbody>
        </table>
      )}
      {list?.pageInfo.hasNextPage === true && first < MOST && (
        <Button look="quiet" onClick={() => setFirst(Math.min(MOST, first + 3 * PAGE))}>
          {words.more}
        </Button>
      )}
    </Panel>
  );
}

/** Whether no later revision of its day is known here; the service has the last word. */
function isNewest({ businessDate, revision }: Transfer, all: readonly Transfer[]): boolean {
  return !all.some((other) => other.businessDate === businessDate && other.revision > revision);
}

const kinds = { PENDING: 'warn', ACKNOWLEDGED: 'good', REJECTED: 'bad', SUPERSEDED: 'plain' } as const;

interface RowProps {
  readonly transfer: Transfer;
  readonly newest: boolean;
  readonly timeZone: string;
  readonly sending: boolean;
  readonly resend: () => void;
}

function Row({ transfer, newest, timeZone, sending, resend }: RowProps) {
  const { businessDate, revision, salesSum, status, attempts, lastError, updatedAt } = transfer;
  const words = text.now.transfers;
  const day = businessDay(businessDate);
  const resendable = newest && (status === 'REJECTED' || status === 'ACKNOWLEDGED');
  return (
    <tr>
      <td class={css.day}>
        {day}
        <small>{words.revision(count(revision))}</small>
      </td>
      <td class={css.words}>
        <div class={css.state}>
          <Badge kind={kinds[status]}>{words.status[status]}</Badge>
          <small>{dayAndTime(updatedAt, timeZone)}</small>
          {status === 'PENDING' && attempts > 1 && <small>{words.attempts(count(attempts))}</small>}
          {resendable && (
            <Button
              class={status === 'REJECTED' ? css.resendNow : css.resend}
              look={status === 'REJECTED' ? 'plain' : 'quiet'}
              aria-label={sending ? undefined : words.resendOf(day, count(revision))}
              disabled={sending}
              onClick={resend}
            >
              {sending ? words.resending : words.resend}
            </Button>
          )}
        </div>
        {lastError != null && (status === 'REJECTED' || status === 'PENDING') && <small>{words.said(lastError)}</small>}
      </td>
      <td class={salesSum < 0 ? css.below : ''}>{won(salesSum)}</td>
    </tr>
  );
}
