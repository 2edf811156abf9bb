/** The café that is looked at. */
export interface SalesCafe {
  readonly id: string;
  /** As people are told it. */
  readonly name: string;
  readonly timeZone: string;
  readonly dayCutoffHour: number;
}
