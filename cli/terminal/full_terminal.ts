/** A terminal that a command uses exclusively: its size, its keys, and output for frames. */
export interface FullTerminal {
  /** Its current size; 80x24 if the terminal does not report it. */
  readonly size: TerminalSize;
  /** Whether keys arrive at once and without echo, including Ctrl-C, or in lines as usual. */
  setRaw(isRaw: boolean): void;
  /** Resolves when the terminal has accepted all of it, without blocking other work. */
  write(text: string): Promise<void>;
  /** Calls `handle` after every change of the size, until the result is disposed. */
  onResize(handle: () => void): Disposable;
}

/** The size of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

interface TerminalEnd {
  isTerminal(): boolean;
}

interface ByteOutput {
  write(bytes: Uint8Array): Promise<number>;
}

const FULL_PAUSE_MS = 10;

/** The terminal that an input and an output share; undefined if one of them is not a terminal. */
export function openFullTerminal(
  input: TerminalEnd & { setRaw(isRaw: boolean): void },
  output: TerminalEnd & ByteOutput,
): FullTerminal | undefined {
  if (!input.isTerminal() || !output.isTerminal()) return undefined;
  return {
    get size() {
      const { columns, rows } = Deno.consoleSize();
      return { columns: columns || 80, rows: rows || 24 };
    },
    setRaw: (isRaw) => input.setRaw(isRaw),
    write: (text) => writeAll(text, output),
    onResize(handle) {
      Deno.addSignalListener("SIGWINCH", handle);
      return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGWINCH", handle) };
    },
  };
}

async function writeAll(text: string, output: ByteOutput): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += await output.write(bytes.subarray(sent));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      await new Promise((resolve) => setTimeout(resolve, FULL_PAUSE_MS));
    }
  }
}
