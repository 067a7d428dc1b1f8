import assert from "node:assert/strict";
import type { FullTerminal } from "../../../cli/terminal/full_terminal.ts";
import type { Line } from "../../../cli/top/frame.ts";
import { Screen } from "../../../cli/top/screen.ts";

/** A terminal that accepts output when the test allows it. */
class SlowTerminal implements FullTerminal {
  size = { columns: 10, rows: 3 };
  isRaw = false;
  isStalled = false;
  isBroken = false;
  readonly written: string[] = [];
  #resized: (() => void) | undefined;
  #takers: (() => void)[] = [];

  setRaw(isRaw: boolean): void {
    this.isRaw = isRaw;
  }

  async write(text: string): Promise<void> {
    if (this.isBroken) throw new Error("input/output error");
    this.written.push(text);
    if (this.isStalled) await new Promise<void>((resolve) => this.#takers.push(resolve));
  }

  onResize(handle: () => void): Disposable {
    this.#resized = handle;
    return { [Symbol.dispose]: () => this.#resized = undefined };
  }

  resize(columns: number, rows: number): void {
    this.size = { columns, rows };
    this.#resized?.();
  }

  go(): void {
    this.isStalled = false;
    for (const take of this.#takers.splice(0)) take();
  }

  /** The output since the last call, once it has ended. */
  async takeOutput(): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve));
    return this.written.splice(0).join("");
  }
}

function opened(lines: Line[], hasColour = false) {
  const terminal = new SlowTerminal();
  return { terminal, screen: new Screen({ terminal, hasColour, frame: () => lines }) };
}

const LEAVE = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

Deno.test("Screen writes only lines that change", async () => {
  const lines: Line[] = [{ text: "one" }, { text: "two" }, { text: "0123456789" }];
  const { terminal, screen } = opened(lines);
  await using _screen = screen;
  screen.draw();
  const written = await terminal.takeOutput();
  assert(written.endsWith("one\x1b[K\x1b[2;1Htwo\x1b[K\x1b[3;1H0123456789"), written);
  screen.draw();
  assert.equal(await terminal.takeOutput(), "");
  lines[1] = { text: "2" };
  screen.draw();
  assert.equal(await terminal.takeOutput(), "\x1b[2;1H2\x1b[K");
});

Deno.test("Screen skips frames, while the terminal accepts nothing", async () => {
  const lines: Line[] = [{ text: "1" }];
  const { terminal, screen } = opened(lines);
  await using _screen = screen;
  screen.draw();
  await terminal.takeOutput();
  terminal.isStalled = true;
  for (let index = 2; index < 10; index++) {
    lines[0] = { text: String(index) };
    screen.draw();
  }
  assert.equal(await terminal.takeOutput(), "\x1b[1;1H2\x1b[K");
  terminal.go();
  assert.equal(await terminal.takeOutput(), "\x1b[1;1H9\x1b[K");
});

Deno.test("Screen redraws everything, when the size changes", async () => {
  const { terminal, screen } = opened([{ text: "one" }]);
  await using _screen = screen;
  screen.draw();
  await terminal.takeOutput();
  terminal.resize(20, 5);
  assert.equal(await terminal.takeOutput(), "\x1b[0m\x1b[2J\x1b[1;1Hone\x1b[K");
});

Deno.test("Screen has colours, only when they are enabled", async () => {
  for (const hasColour of [true, false]) {
    const { terminal, screen } = opened([{ text: "bad", style: "bad" }], hasColour);
    await using _screen = screen;
    screen.draw();
    assert.equal((await terminal.takeOutput()).includes("\x1b[31mbad"), hasColour);
  }
});

Deno.test("Screen restores the terminal once, and waits a second for a terminal that accepts nothing", async () => {
  const { terminal, screen } = opened([{ text: "one" }]);
  screen.draw();
  await terminal.takeOutput();
  assert.equal(terminal.isRaw, true);
  await screen[Symbol.asyncDispose]();
  await screen[Symbol.asyncDispose]();
  screen.draw();
  assert.equal(await terminal.takeOutput(), LEAVE);
  assert.equal(terminal.isRaw, false);
  const stalled = opened([{ text: "one" }]);
  stalled.terminal.isStalled = true;
  stalled.screen.draw();
  await stalled.screen[Symbol.asyncDispose]();
  // The runtime ends raw mode with the process, so the terminal would have to accept all output
  // before.
  assert.equal(stalled.terminal.isRaw, true);
  stalled.terminal.go();
});

Deno.test("Screen reports that the terminal can no longer be written to", async () => {
  const { terminal, screen } = opened([{ text: "one" }]);
  await using _screen = screen;
  await terminal.takeOutput();
  terminal.isBroken = true;
  screen.draw();
  await assert.rejects(screen.failed, /input\/output error/);
});
