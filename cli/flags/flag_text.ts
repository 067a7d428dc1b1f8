import { fit, widthOf } from "../terminal/cells.ts";
import { oneLine } from "../terminal/log.ts";
import { UsageError } from "./failure.ts";

/** Maximum number of characters that are shown before and after the one that is pointed at. */
const MAX_BEFORE = 60;
const MAX_AFTER = 15;

/** The value of a flag that is parsed character by character. */
export class FlagText {
  readonly flag: string;
  readonly text: string;

  constructor(flag: string, text: string) {
    this.flag = flag;
    this.text = text;
  }

  /** The match of an expression at a place. @param expression sticky, with the flag `y` */
  match(expression: RegExp, at: number): RegExpExecArray | null {
    expression.lastIndex = at;
    return expression.exec(this.text);
  }

  /** The error of a wrong character: it says the problem, and points at the character. */
  errorAt(index: number, problem: string): UsageError {
    const { flag, text } = this;
    const before = oneLine(text.slice(Math.max(0, index - MAX_BEFORE), index));
    const after = fit(oneLine(text.slice(index, index + MAX_AFTER)), MAX_AFTER);
    const place = [...text.slice(0, index)].length + 1;
    const pointer = `${" ".repeat(widthOf(before))}^`;
    return new UsageError(
      `${flag}: ${problem}, at character ${place}\n${before}${after}\n${pointer}`,
    );
  }
}
