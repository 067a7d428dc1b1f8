import { mayImport, roomOf } from "./room_imports.ts";

/** One source file, as the architecture rules see it. */
export interface SourceFile {
  /** Relative to the project, with slashes: `service/controller/relay.ts`. */
  readonly path: string;
  readonly text: string;
  /**
   * The modules that it imports: paths relative to the project, or `node:…`, `npm:…` and other
   * URLs.
   */
  readonly imports: readonly string[];
}

/** A text that only certain files may contain. */
interface Privilege {
  readonly rule: string;
  readonly text: RegExp;
  readonly isAllowed: (path: string) => boolean;
}

const MAX_LINES = 250;

const PRIVILEGES: readonly Privilege[] = [
  {
    rule: "only main.ts and cli/terminal/process_io.ts know the process",
    text: /\bDeno\s*\.\s*(exit|args|stdin|stdout|stderr)\b/,
    isAllowed: (path) =>
      path === "main.ts" || path === "cli/terminal/process_io.ts" || !isProduct(path),
  },
  {
    rule: "service does without Deno",
    text: /\bDeno\b(?=\s*\.)/,
    isAllowed: (path) => !path.startsWith("service/"),
  },
  {
    rule: "drivers/contract does without Deno",
    text: /\bDeno\b(?=\s*\.)/,
    isAllowed: (path) => !path.startsWith("drivers/contract/"),
  },
  {
    rule:
      "only libzmq*.ts, libssl's library.ts and libc.ts of drivers/_internal load C and hold pointers",
    text: /\bDeno\s*\.\s*(dlopen|Unsafe\w+)\b/,
    isAllowed: (path) =>
      /^drivers\/_internal\/(libzmq\/libzmq\w*|libssl\/library|libc)\.ts$/.test(path) ||
      !isProduct(path),
  },
  {
    rule: "no type any outside tests",
    text: /(?:[:<|&,(]|=>|\bas)\s*any\b(?!\s*[.(:=])/,
    isAllowed: (path) => path.startsWith("tests/"),
  },
  {
    rule: "a package is named in deno.json, not by npm: in a file",
    text: /\b(?:from|import)\s*\(?\s*["'](?:npm|jsr|https?):/,
    isAllowed: (path) => path.startsWith("tests/"),
  },
];

function isProduct(path: string): boolean {
  return !/^(tests|bench|demo|packaging|docs)\//.test(path);
}

/** Returns every violation of the architecture rules in a file, each as `path: violation: rule`. */
export function violationsOf(file: SourceFile): string[] {
  return [...forbiddenImports(file), ...forbiddenTexts(file), ...tooLong(file)];
}

function forbiddenImports({ path, imports }: SourceFile): string[] {
  const room = roomOf(path);
  if (room === undefined) return forbiddenOutside({ path, imports });
  return imports
    .filter((target) => !mayImport(room, target))
    .map((target) => `${path}: imports ${target}: ${room.path} may not import that`);
}

function forbiddenOutside({ path, imports }: Pick<SourceFile, "path" | "imports">): string[] {
  if (path.startsWith("tests/")) return [];
  if (isProduct(path)) {
    return [`${path}: belongs to no room of tests/support/architecture/rooms.ts`];
  }
  return imports
    .filter((target) => target.startsWith("tests/"))
    .map((target) => `${path}: imports ${target}: nothing imports tests`);
}

function forbiddenTexts({ path, text }: SourceFile): string[] {
  const code = withoutComments(text);
  return PRIVILEGES
    .filter((privilege) => !privilege.isAllowed(path) && privilege.text.test(code))
    .map((privilege) => `${path}: has "${privilege.text.exec(code)?.[0]}": ${privilege.rule}`);
}

function tooLong({ path, text }: SourceFile): string[] {
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  if (lines <= MAX_LINES) return [];
  return [`${path}: has ${lines} lines: no source file is longer than ${MAX_LINES}`];
}

// Strips only whole-line comments and blocks that begin a line. That is enough for the rules and
// never cuts a string.
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*\/\*[\s\S]*?\*\//gm, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

/**
 * Returns the packages in a deno.json that are not pinned to one version, each as `deno.json: …`.
 */
export function unpinned(imports: Readonly<Record<string, string>>): string[] {
  const pinned = /^npm:(?:@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+(?:-[\w.]+)?(?:\/[\w./-]+)?$/;
  return Object.entries(imports)
    .filter(([, target]) => !target.startsWith("./") && !pinned.test(target))
    .map(([name, target]) => `deno.json: "${name}" is "${target}": packages are pinned exactly`);
}
