/** A connection that needs a place. */
export interface PlacedConnection {
  /** The peer's IP address. */
  readonly address: string;
  /** When it was accepted, in milliseconds of a monotonic clock. */
  readonly since: number;
  /** While true, the connection keeps its place, since its response is being made. */
  isBusy: boolean;
  /** Closes the connection. */
  close(): void;
}

/** The limits of {@linkcode HttpConnections}. */
export interface HttpConnectionLimits {
  readonly max: number;
  readonly maxPerAddress: number;
  /**
   * Minimum age of a connection that may be closed: the request of a younger one may be on its way.
   */
  readonly minAgeMs: number;
}

/**
 * The open connections of a server, with a limit per address.
 *
 * A new connection from an address that uses all its places closes the oldest idle one of that
 * address. If all places are used, the oldest idle connection of the address with the most
 * connections is closed. So clients that send nothing cannot shut out others, however often they
 * connect.
 */
export class HttpConnections {
  readonly #limits: HttpConnectionLimits;
  /** Oldest first. */
  readonly #placed = new Set<PlacedConnection>();

  constructor(limits: HttpConnectionLimits) {
    this.#limits = limits;
  }

  /**
   * Gives a connection a place, if necessary that of another one.
   *
   * @returns 0, or the milliseconds after which to try again; infinity if all are busy
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

  /** Closes all connections. */
  closeAll(): void {
    for (const connection of this.#placed) connection.close();
  }

  /**
   * The connections of which one must be closed, in order of preference; empty if there is room.
   */
  #rivalsOf({ address }: PlacedConnection): PlacedConnection[] {
    const { max, maxPerAddress } = this.#limits;
    const own = [...this.#placed].filter((placed) => placed.address === address);
    if (own.length >= maxPerAddress) return own;
    return this.#placed.size < max ? [] : this.#byShare();
  }

  /** Connections of the address with the most come first, and of each address the oldest. */
  #byShare(): PlacedConnection[] {
    const counts = new Map<string, number>();
    for (const { address } of this.#placed) counts.set(address, (counts.get(address) ?? 0) + 1);
    const count = ({ address }: PlacedConnection) => counts.get(address) ?? 0;
    return [...this.#placed].sort((a, b) => count(b) - count(a));
  }
}
