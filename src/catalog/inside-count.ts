/** How many objects in a container a principal has to do with. */
export interface InsideCount {
  /** Owned, or granted without an end. */
  readonly permanent: number;
  /** Only by grants that end: whether one still holds depends on the time. */
  readonly expiring: number;
}

export const nothingInside: InsideCount = { permanent: 0, expiring: 0 };
