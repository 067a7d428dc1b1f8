import { gzipSync } from "node:zlib";
import { messageOf } from "../../drivers/contract/errors.ts";
import { waitFor } from "../../drivers/contract/waiting.ts";
import { UsageError } from "../flags/failure.ts";

/** Only its owner can read it: values of rows may be confidential. */
const FILE_MODE = 0o600;
const LINE_FEED = 10;
const CHUNK_BYTES = 64 * 1024;
/** A part of a compressed file is written when it has this size, or after a second. */
const PART_CHARACTERS = 512 * 1024;
const PART_MS = 1_000;

/** What to do with a file that exists. */
export interface RecordFileFlags {
  readonly append?: true | undefined;
  readonly force?: true | undefined;
}

/** What the command gives to a {@linkcode RecordFile}. */
export interface RecordFileContext {
  /** Called if a delayed write fails, which no call waits for. */
  readonly onError: (error: unknown) => void;
  /** Ends the wait for the reader of a pipe. Each write gets the property again. */
  readonly signal: AbortSignal;
}

/**
 * A file of lines, or a pipe. A write to a file is complete when the call returns. Writes to a pipe
 * wait for its reader, in the order of the calls, and do not block the process. A compressed file is
 * a sequence of complete gzip members, so that a crash costs at most the last one.
 */
export class RecordFile implements Disposable {
  /** Size of the incomplete line that was cut off, in bytes. */
  readonly cutBytes: number;
  readonly #path: string;
  readonly #opened: OpenedFile;
  #hasBegun = false;
  #pending = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #context: RecordFileContext;
  /** Settles with the last of the writes to a pipe. */
  #written: Promise<void> = Promise.resolve();

  /**
   * Opens a file.
   *
   * @throws {UsageError} if it exists and the flags do not say what to do, or cannot be opened
   */
  static async open(
    path: string,
    flags: RecordFileFlags,
    context: RecordFileContext,
  ): Promise<RecordFile> {
    if (flags.append && flags.force) {
      throw new UsageError("--append and --force exclude each other");
    }
    if (path === "-") {
      throw new UsageError('"-": wanted a file; subscribe --json writes to standard output');
    }
    if (/\.zst$/.test(path)) {
      throw new UsageError(`"${path}": zstd is not supported, wanted a name that ends with .gz`);
    }
    const isCompressed = /\.gz$/.test(path);
    if (flags.append && isCompressed) {
      throw new UsageError(`"${path}": --append needs a file that is not compressed`);
    }
    const file = await openFile(path, flags);
    const { isFile: isRegular } = await file.stat();
    const cutBytes = flags.append && isRegular ? await cutIncomplete(file) : 0;
    return new RecordFile(path, { file, flags, isRegular, isCompressed, cutBytes }, context);
  }

  private constructor(path: string, opened: OpenedFile, context: RecordFileContext) {
    this.#path = path;
    this.#opened = opened;
    this.cutBytes = opened.cutBytes;
    this.#context = context;
  }

  /** Empties the file if `force` is set. Until this or the first write, it is unchanged. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { file, flags, isRegular } = this.#opened;
    if (flags.force && isRegular) file.truncateSync();
  }

  /**
   * Writes whole lines. For a pipe, resolves when the pipe has taken them.
   *
   * @throws {Error} with the name of the file, also if it was removed
   */
  write(lines: string): void | Promise<void> {
    this.begin();
    if (!this.#opened.isCompressed) return this.#writeAll(new TextEncoder().encode(lines));
    this.#pending += lines;
    if (this.#pending.length >= PART_CHARACTERS) return this.#flush();
    const flush = async () => await this.#flush();
    this.#timer ??= setTimeout(() => flush().catch(this.#context.onError), PART_MS);
  }

  #flush(): void | Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#pending;
    this.#pending = "";
    if (text !== "") return this.#writeAll(gzipSync(text));
  }

  #writeAll(bytes: Uint8Array): void | Promise<void> {
    const { file, isRegular } = this.#opened;
    if (!isRegular) return this.#written = this.#written.then(() => this.#writeToPipe(bytes));
    try {
      if (file.statSync().nlink === 0) throw new Error("the file was removed");
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async #writeToPipe(bytes: Uint8Array): Promise<void> {
    const { file } = this.#opened;
    const { signal } = this.#context;
    try {
      for (let at = 0; at < bytes.length;) {
        at += await waitFor(file.write(bytes.subarray(at)), { signal });
      }
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): Error {
    return new Error(`Cannot write "${this.#path}": ${messageOf(error)}`, { cause: error });
  }

  /** Writes the rest to the disk, or to the pipe. @throws {Error} with the name of the file */
  async finish(): Promise<void> {
    this.begin();
    await this.#flush();
    // The file may have been removed although nothing is left to write.
    await this.#writeAll(new Uint8Array());
    if (this.#opened.isRegular) this.#opened.file.syncDataSync();
  }

  /** Closes the file, and removes a new file that was not begun. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    const { file, flags } = this.#opened;
    file.close();
    if (this.#hasBegun || flags.append || flags.force) return;
    try {
      Deno.removeSync(this.#path);
    } catch {
      // Another process has removed it.
    }
  }
}

interface OpenedFile {
  readonly file: Deno.FsFile;
  readonly flags: RecordFileFlags;
  /** Whether it is a file that can be truncated and synced to disk, not a pipe or a device. */
  readonly isRegular: boolean;
  readonly isCompressed: boolean;
  readonly cutBytes: number;
}

async function openFile(path: string, { append, force }: RecordFileFlags): Promise<Deno.FsFile> {
  const created = { create: true, mode: FILE_MODE };
  try {
    if (append) return await Deno.open(path, { read: true, write: true, ...created });
    if (force) return await Deno.open(path, { write: true, ...created });
    return await Deno.open(path, { write: true, createNew: true, mode: FILE_MODE });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists && !await isDirectory(path)) {
      throw new UsageError(`"${path}" exists: use --append or --force, or another name`);
    }
    const problem = await isDirectory(path) ? "is a directory, wanted a file" : messageOf(error);
    throw new UsageError(`Cannot open "${path}": ${problem}`);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await Deno.stat(path).then((found) => found.isDirectory, () => false);
}

/** Cuts the text after the last line feed, and leaves the position at the end. */
async function cutIncomplete(file: Deno.FsFile): Promise<number> {
  const { size } = await file.stat();
  const end = await lineEnd(file, size);
  await file.truncate(end);
  await file.seek(end, Deno.SeekMode.Start);
  return size - end;
}

async function lineEnd(file: Deno.FsFile, size: number): Promise<number> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - CHUNK_BYTES);
    await file.seek(start, Deno.SeekMode.Start);
    const read = await file.read(chunk.subarray(0, end - start)) ?? 0;
    const at = chunk.subarray(0, read).lastIndexOf(LINE_FEED);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}
