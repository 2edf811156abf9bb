import type { Problem } from '../graph/problem.ts';
import { Button } from './button.tsx';
import { Note } from './note.tsx';
import { text } from './text.ts';

/** The sentence for a problem. */
export function problemText(problem: Problem): string {
  const { problem: words } = text.now;
  return problem.kind === 'failed' ? words.failed(problem.message) : words[problem.kind];
}

/** Says what is wrong and what happens next. */
export function ProblemNote({ problem, again }: { readonly problem: Problem; readonly again?: () => void }) {
  const { problem: words, again: againWord } = text.now;
  const serious = problem.kind === 'failed' || problem.kind === 'signedOut' || problem.kind === 'forbidden';
  return (
    <Note kind={serious ? 'bad' : 'warn'} role="alert">
      <p>{problemText(problem)}</p>
      {problem.kind === 'failed' && problem.reference !== undefined && <p>{words.reference(problem.reference)}</p>}
      {again !== undefined && <Button onClick={again}>{againWord}</Button>}
    </Note>
  );
}
