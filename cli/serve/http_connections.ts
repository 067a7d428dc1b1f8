/** A connection that asks for a place. */
export interface PlacedConnection {
  /** The peer's IP address. */
  readonly address: string;
  /** When it was accepted, in milliseconds of a monotonic clock. */
  readonly since: number;
  /** While true, the connection keeps its place: its answer is being made. */
  isBusy: boolean;
  /** Closes the connection. */
  close(): void;
}

/** How many places {@linkcode HttpConnections} has, and for whom. */
export interface HttpConnectionLimits {
  readonly max: number;
  readonly maxPerAddress: number;
  /** Minimum age of a connection that is closed: its request may be on its way. */
  readonly minAgeMs: number;
}

/**
 * The open connections of a server, of which no address has more than its share.
 *
 * A new connection from an address that has all its places closes the oldest idle one of that
 * address. When all places are taken, the oldest idle one of the address that has the most is
 * closed. So clients that send nothing cannot shut out the others, however often they connect.
 */
export class HttpConnections {
  readonly #limits: HttpConnectionLimits;
  /** Oldest first. */
  readonly #placed = new Set<PlacedConnection>();

  constructor(limits: HttpConnectionLimits) {
    this.#limits = limits;
  }

  /**
   * Gives a connection a place, if need be that of another.
   *
   * @returns 0, or the milliseconds after which to try again; infinity when all are busy
   */
  add(connection: PlacedConnection, now: number): number {
    const rivals = this.#rivalsOf(connection);
    if (rivals.length > 0) {
      const oldest = rivals.find(({ isBusy }) => !isBusy);
      if (oldest === undefined) return Infinity;
      const waitMs = oldest.since + this.#limits.minAgeMs - now;
      if (waitMs > 0) return waitMs;
      this.remove(oldest);
      oldest.close();
    }
    this.#placed.add(connection);
    return 0;
  }

  /** Frees the place of a connection that has ended. */
  remove(connection: PlacedConnection): void {
    this.#placed.delete(connection);
  }

  /** Closes all of them. */
  closeAll(): void {
    for (const connection of this.#placed) connection.close();
  }

  /** The connections of which one has to be closed, the first that can be; empty when there is room. */
  #rivalsOf({ address }: PlacedConnection): PlacedConnection[] {
    const { max, maxPerAddress } = this.#limits;
    const own = [...this.#placed].filter((placed) => placed.address === address);
    if (own.length >= maxPerAddress) return own;
    return this.#placed.size < max ? [] : this.#byShare();
  }

  /** Those of the address that has the most come first, and of one address the oldest. */
  #byShare(): PlacedConnection[] {
    const counts = new Map<string, number>();
    for (const { address } of this.#placed) counts.set(address, (counts.get(address) ?? 0) + 1);
    const count = ({ address }: PlacedConnection) => counts.get(address) ?? 0;
    return [...this.#placed].sort((a, b) => count(b) - count(a));
  }
}
