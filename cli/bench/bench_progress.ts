import type { Io } from "../terminal/io.ts";
import { Progress } from "../terminal/progress.ts";

const TICK_MS = 250;

/** Shows the progress of a bench on a terminal, until disposed. */
export function showProgress(io: Io, isQuiet: boolean, text: () => string): Disposable {
  const progress = new Progress(io.err, isQuiet);
  const timer = setInterval(() => progress.show(text), TICK_MS);
  const dispose = () => {
    clearInterval(timer);
    progress.clear();
  };
  return { [Symbol.dispose]: dispose };
}

/** A rounded number with groups of three digits. */
export function grouped(number: number): string {
  return Math.round(number).toLocaleString("en-US");
}
