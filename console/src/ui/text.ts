import { defineText } from '../text/define-text.ts';

export const text = defineText({
  en: {
    loading: 'One moment…',
    close: 'Close',
    problem: {
      unreachable: 'There is no connection right now. This page tries again by itself.',
      signedOut: 'You are not signed in any more. Please sign in again.',
      forbidden: 'This is not yours to see.',
      busy: 'Too many requests at once. Please wait a moment.',
      partly: 'A part of this is not available right now. This page tries again by itself.',
      failed: (message: string) => `Something went wrong: ${message}`,
      reference: (reference: string) => `If you ask somebody about it, give this number: ${reference}`,
    },
    again: 'Try again',
    liveEnded: (why: string) => `This is not followed live any more${why === '' ? '.' : `: ${why}`}`,
  },
  ko: {
    loading: '잠시만 기다려 주세요…',
    close: '닫기',
    problem: {
      unreachable: '지금은 연결되지 않아요. 자동으로 다시 시도하고 있어요.',
      signedOut: '로그인이 만료되었어요. 다시 로그인해 주세요.',
      forbidden: '이 내용을 볼 수 있는 권한이 없어요.',
      busy: '요청이 너무 많아요. 잠시 후에 다시 시도해 주세요.',
      partly: '지금은 일부 내용을 불러올 수 없어요. 자동으로 다시 시도하고 있어요.',
      failed: (message) => `문제가 생겼어요: ${message}`,
      reference: (reference) => `문의하실 때 이 번호를 알려 주세요: ${reference}`,
    },
    again: '다시 시도',
    liveEnded: (why) => `실시간 업데이트가 끝났어요${why === '' ? '.' : `: ${why}`}`,
  },
});
