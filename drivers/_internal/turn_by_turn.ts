import { inNextTurn } from "../contract/next_turn.ts";

/**
 * Does one thing again and again until there is no more of it, and after so many lets everything else
 * that is due have its turn: who never stops sending must not keep the others waiting.
 */
export class TurnByTurn {
  readonly #perTurn: number;
  readonly #step: () => boolean;
  #isDue = false;

  /**
   * @param perTurn how often it is done before others have their turn
   * @param step does it once; false when there was nothing to do
   */
  constructor(perTurn: number, step: () => boolean) {
    this.#perTurn = perTurn;
    this.#step = step;
  }

  /** Does what there is to do. */
  run(): void {
    for (let count = 0; count < this.#perTurn; count++) {
      if (!this.#step()) return;
    }
    this.runSoon();
  }

  /** The same, in the next turn. */
  runSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    inNextTurn(() => {
      this.#isDue = false;
      this.run();
    });
  }
}
