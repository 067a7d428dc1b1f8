import type { Io, Output } from "../cli/terminal/io.ts";

/** Stands for a process and captures its output. */
export class CapturedOutput {
  #text = "";
  readonly io: Io;

  constructor() {
    const out: Output = {
      isTerminal: false,
      columns: 80,
      write: (text) => {
        this.#text += text;
      },
    };
    this.io = {
      out,
      err: { ...out, isJournal: false, droppedLines: 0, onRoom: () => {} },
      onRequest: () => {},
      terminal: undefined,
      stdin: { read: () => Promise.resolve(null) },
      env: {},
      facts: { isRoot: true, home: "/root", runtimeDirectory: "/run" },
      hostName: () => Promise.resolve("localhost"),
      readFile: (path) => Promise.reject(new Deno.errors.NotFound(path)),
      readTextFile: (path) => Promise.reject(new Deno.errors.NotFound(path)),
      requireRegularFile: () => Promise.resolve(),
      exists: () => Promise.resolve(false),
      replaceFile: () => Promise.resolve(),
      listDirectory: () => Promise.resolve([]),
      clientTls: () => Promise.reject(new Error("there are no files")),
      interrupted: new AbortController().signal,
    };
  }

  /** The output while `run` runs. */
  during(run: () => void): string {
    this.#text = "";
    run();
    return this.#text;
  }
}
