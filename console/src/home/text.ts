import { defineText } from '../text/define-text.ts';

export const text = defineText({
  en: {
    title: 'Coffee, ordered from a phone, live all the way',
    lead: 'A customer orders and pays, the café accepts and makes it, head office sees the sale: three services, one graph, and every change shown once, in order, as it happens.',
    start: 'Who are you?',
    sideBySide: 'Open two or three tabs and be somebody else in each: the pages follow one another without a reload.',
    more: 'Behind the counter',
    simulators: 'Outside systems',
    simulatorsNote: 'Let payment decline, hang or lose its answer, read the SMS and headquarters’ book.',
    playground: 'GraphQL playground',
    playgroundNote: 'The graph itself, with examples, live subscriptions and query plans.',
  },
  ko: {
    title: '휴대폰으로 주문하는 커피, 처음부터 끝까지 실시간으로',
    lead: '고객이 주문하고 결제하면 매장이 접수해 만들고, 본사는 매출을 확인해요. 세 개의 서비스가 하나의 그래프로, 모든 변화를 순서대로 한 번씩 바로 보여 줘요.',
    start: '누구로 시작할까요?',
    sideBySide: '탭을 두세 개 열고 각각 다른 사람으로 로그인해 보세요. 새로고침 없이 서로의 변화가 바로 보여요.',
    more: '카운터 뒤에서',
    simulators: '외부 시스템',
    simulatorsNote: '결제를 거절하거나, 멈추거나, 응답을 잃어버리게 하고, 문자와 본사 장부를 확인해 보세요.',
    playground: 'GraphQL 플레이그라운드',
    playgroundNote: '예제와 실시간 구독, 쿼리 계획을 볼 수 있는 그래프예요.',
  },
});
