/** Where a topic begins. What a driver supports is in its traits. */
export interface PastWanted {
  /**
   * The position of a frame, Unix milliseconds, `start` for all frames that are kept, or `now`.
   *
   * @default `now`
   */
  readonly since?: string | number | undefined;
  /**
   * Begin with the last frames, at most this number of each publisher. With `since`, only with
   * frames that are not older.
   *
   * @default no limit
   */
  readonly last?: number | undefined;
}

/**
 * A place in a topic that begins in the past, at each publisher, or at the broker. `start`: before
 * the first frame. `end`: every frame that was published before the topic was registered has come,
 * unless it is lost.
 */
export type PastMark =
  | {
    readonly kind: "start";
    /** Number of frames up to the end; undefined if it is not known. */
    readonly frames?: number | undefined;
    /**
     * Every frame that was published since then is kept, in Unix milliseconds by the clock of the
     * publisher, or of the broker. Earlier ones may be lost. 0 if all wanted frames are
     * kept; undefined if it is not known.
     */
    readonly keptSince?: number | undefined;
  }
  | { readonly kind: "end" };
