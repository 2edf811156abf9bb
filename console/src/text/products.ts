import { language } from './language.ts';

/** Korean names of what the demo cafés sell. A menu may hold anything: what is not here is shown as the café wrote it. */
const korean: Readonly<Record<string, string>> = {
  IceAmericano: '아이스 아메리카노',
  Americano: '아메리카노',
  CafeLatte: '카페라떼',
  IceCafeLatte: '아이스 카페라떼',
  VanillaLatte: '바닐라 라떼',
  Cappuccino: '카푸치노',
  CaramelMacchiato: '카라멜 마키아토',
  CafeMocha: '카페모카',
  ColdBrew: '콜드브루',
  GreenTeaLatte: '녹차 라떼',
  EarlGreyTea: '얼그레이 티',
  StrawberrySmoothie: '딸기 스무디',
  ButterCroissant: '버터 크루아상',
  FlatWhite: '플랫화이트',
  Einspanner: '아인슈페너',
  DolceLatte: '돌체라떼',
  NitroColdBrew: '니트로 콜드브루',
  Lemonade: '레모네이드',
  PeachIceTea: '복숭아 아이스티',
  Bagel: '베이글',
  BasqueCheesecake: '바스크 치즈케이크',
  SeaSaltLatte: '바다소금 라떼',
  CoconutColdBrew: '코코넛 콜드브루',
  Espresso: '에스프레소',
  MangoSmoothie: '망고 스무디',
  YuzuTea: '유자차',
  ChamomileTea: '캐모마일 티',
  AffogatoGelato: '아포가토 젤라토',
  RedBeanBun: '단팥빵',
};

/** Cafés' names as they are written in Korean. */
const koreanCafes: Readonly<Record<string, string>> = {
  'Café For Me Gangnam': '카페포미 강남점',
  'Café For Me Hongdae': '카페포미 홍대점',
  'Café For Me Haeundae': '카페포미 해운대점',
};

/** A product of a menu for people: Ice Americano, 아이스 아메리카노. */
export function productName(product: string): string {
  if (language.value === 'ko' && korean[product] !== undefined) return korean[product];
  // Names of a menu are often written as one word.
  return product.replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2');
}

export function cafeName(name: string): string {
  return (language.value === 'ko' ? koreanCafes[name] : undefined) ?? name;
}
