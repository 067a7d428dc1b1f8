/** The bounds of {@linkcode FairPlaces}. */
export interface FairPlacesBounds {
  /** How many there are. */
  readonly places: number;
  /** How many one owner may have. */
  readonly each: number;
}

/**
 * Places that many share. Half of them are only for owners that have none yet, so that a few who want
 * many leave one to each of the others. An owner is a name: who goes by as many names as there are
 * places takes them all.
 */
export class FairPlaces {
  readonly #bounds: FairPlacesBounds;
  #free: number;
  readonly #taken = new Map<string, number>();

  constructor(bounds: FairPlacesBounds) {
    this.#bounds = bounds;
    this.#free = bounds.places;
  }

  /** Takes a place; false when there is none for this owner. */
  take(owner: string): boolean {
    const { places, each } = this.#bounds;
    const taken = this.#taken.get(owner) ?? 0;
    const reserved = taken === 0 ? 0 : places / 2;
    if (this.#free <= reserved || taken >= each) return false;
    this.#taken.set(owner, taken + 1);
    this.#free--;
    return true;
  }

  /** Gives a place back that was taken. */
  giveBack(owner: string): void {
    const taken = this.#taken.get(owner) ?? 0;
    if (taken === 0) return;
    if (taken === 1) this.#taken.delete(owner);
    else this.#taken.set(owner, taken - 1);
    this.#free++;
  }
}
