import { eventually } from "./eventually.ts";
import { tempDir } from "./temp_dir.ts";

/** Options of a terminal. */
export interface TerminalOptions {
  /** @default 80 */
  readonly columns?: number;
  /** @default 24 */
  readonly rows?: number;
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

// The last output stays on the screen after the program ends, and tmux adds nothing.
const CONFIGURATION = `set -g remain-on-exit on
set -g remain-on-exit-format ""
set -g status off
set -g default-terminal screen-256color
`;

// tmux 3.3 sometimes loses a program's exit code. Key signals go to the program alone.
const KEEP_EXIT_CODE = ["sh", "-c", 'trap : INT QUIT; "$@"; echo $? > "$0"'];

/** A program in its own tmux terminal. Disposing ends both. */
export class Terminal implements AsyncDisposable {
  readonly #socket: string;
  /** The path of the file that will hold the exit code. */
  readonly #codeFile: string;
  readonly #stack: AsyncDisposableStack;

  /** Starts a command line in a terminal. */
  static async start(
    command: readonly string[],
    { columns = 80, rows = 24, env = {} }: TerminalOptions = {},
  ): Promise<Terminal> {
    await using stack = new AsyncDisposableStack();
    const directory = stack.use(await tempDir());
    const codeFile = directory.join("code");
    const terminal = new Terminal(directory.join("tmux"), codeFile, stack.move());
    try {
      const file = directory.join("tmux.conf");
      await Deno.writeTextFile(file, CONFIGURATION);
      const size = ["-x", String(columns), "-y", String(rows)];
      const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
      const wrapped = [...KEEP_EXIT_CODE, codeFile, ...command];
      await terminal.#tmux(["-f", file], "new-session", "-d", ...size, ...variables, ...wrapped);
      return terminal;
    } catch (error) {
      await terminal[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(socket: string, codeFile: string, stack: AsyncDisposableStack) {
    this.#socket = socket;
    this.#codeFile = codeFile;
    this.#stack = stack;
  }

  /** The lines on the screen, without trailing blanks. */
  async screen(): Promise<string[]> {
    return linesOf(await this.#tmux([], "capture-pane", "-p"));
  }

  /** The text on the screen with the escape sequences of its colours. */
  async colouredScreen(): Promise<string> {
    return await this.#tmux([], "capture-pane", "-p", "-e");
  }

  /** The lines on the screen and those that have scrolled off its top. */
  async history(): Promise<string[]> {
    return linesOf(await this.#tmux([], "capture-pane", "-p", "-S", "-"));
  }

  /** Waits until the screen's text matches, and returns its lines. */
  async waitFor(pattern: RegExp): Promise<string[]> {
    return await eventually(() => this.screen(), (lines) => pattern.test(lines.join("\n")));
  }

  /** Returns a format value of tmux, such as `#{alternate_on}`: see FORMATS in tmux(1). */
  async describe(format: string): Promise<string> {
    return (await this.#tmux([], "display-message", "-p", format)).trim();
  }

  /** Presses keys by their tmux names: `q`, `Enter`, `C-c`, `Up`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux([], "send-keys", ...keys);
  }

  /** Resizes the terminal. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux([], "resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** Waits for the end of the program and its output. @returns its exit code */
  async exitCode(): Promise<number> {
    const isDead = () => this.#tmux([], "display-message", "-p", "#{pane_dead}");
    await eventually(isDead, (text) => text.trim() === "1");
    return Number(await Deno.readTextFile(this.#codeFile));
  }

  async #tmux(flags: readonly string[], ...args: readonly string[]): Promise<string> {
    const command = new Deno.Command("tmux", {
      args: ["-u", "-S", this.#socket, ...flags, ...args],
      // The tests' own terminal must not count as this one.
      env: { TMUX: "", TERM: "xterm-256color" },
    });
    const { success, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    if (success) return decoder.decode(stdout);
    throw new Error(`tmux ${args.join(" ")}: ${decoder.decode(stderr)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux([], "kill-server").catch(() => {});
    await this.#stack.disposeAsync();
  }
}

function linesOf(text: string): string[] {
  return text.replace(/\n+$/, "").split("\n").map((line) => line.trimEnd());
}
