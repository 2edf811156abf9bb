import type { Cafe } from '../domain/cafe.ts';

type DemoCafe = Omit<Cafe, 'version'>;

const inSeoul = { open: true, timeZone: 'Asia/Seoul', dayCutoffHour: 4 } as const;

/** [product, won], [product, won, sold out] */
type Line = readonly [product: string, price: number, soldOut?: 'sold out'];

function menuOf(...lines: readonly Line[]): DemoCafe['menu'] {
  return lines.map(([product, price, soldOut]) => ({ product, price, available: soldOut === undefined }));
}

/** The cafés that a fresh system starts with. The first is the seed's own. */
export const DEMO_CAFES: readonly DemoCafe[] = [
  {
    id: '92',
    name: 'Café For Me Gangnam',
    ...inSeoul,
    menu: menuOf(
      ['IceAmericano', 2000],
      ['Americano', 2000],
      ['CafeLatte', 3500],
      ['IceCafeLatte', 3500],
      ['VanillaLatte', 4000],
      ['Cappuccino', 3500],
      ['CaramelMacchiato', 4500],
      ['CafeMocha', 4500],
      ['ColdBrew', 3800],
      ['GreenTeaLatte', 4200],
      ['EarlGreyTea', 3000],
      ['StrawberrySmoothie', 5500, 'sold out'],
      ['ButterCroissant', 3200],
    ),
  },
  {
    id: '93',
    name: 'Café For Me Hongdae',
    ...inSeoul,
    menu: menuOf(
      ['IceAmericano', 1800],
      ['Americano', 1800],
      ['CafeLatte', 3300],
      ['FlatWhite', 3600],
      ['Einspanner', 4800],
      ['DolceLatte', 4300],
      ['ColdBrew', 3500],
      ['NitroColdBrew', 4500],
      ['Lemonade', 4000],
      ['PeachIceTea', 3800],
      ['Bagel', 2800],
      ['BasqueCheesecake', 5800, 'sold out'],
    ),
  },
  {
    id: '94',
    name: 'Café For Me Haeundae',
    ...inSeoul,
    menu: menuOf(
      ['IceAmericano', 2200],
      ['Americano', 2200],
      ['CafeLatte', 3700],
      ['IceCafeLatte', 3700],
      ['SeaSaltLatte', 4900],
      ['CoconutColdBrew', 4700],
      ['Espresso', 2000],
      ['MangoSmoothie', 5700],
      ['YuzuTea', 4200],
      ['ChamomileTea', 3300],
      ['AffogatoGelato', 5200],
      ['RedBeanBun', 2600],
    ),
  },
];
