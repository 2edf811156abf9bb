import type { Problem } from '../graph/problem.ts';
import { problemText } from '../ui/problem-note.tsx';
import { text } from './text.ts';

/** The sentence for why there is no answer to a command. */
export function unansweredText(problem: Problem): string {
  const { refused } = text.now;
  if (problem.kind === 'forbidden') return refused.forbidden;
  if (problem.kind === 'unreachable' || problem.kind === 'partly') return refused.noAnswer;
  return problemText(problem);
}
