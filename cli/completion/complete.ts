import type { CommandUnknownOpts as Command, Option } from "@commander-js/extra-typings";
import { ACTIONS } from "../../service/event/db_update.ts";
import { readSeenNames } from "../flags/seen_names.ts";
import { shellWords } from "../flags/shell_words.ts";
import type { Io } from "../terminal/io.ts";
import { DIRECTORIES, FILES } from "./shell_scripts.ts";
import { SHELLS } from "./shells.ts";

/** A command line up to the cursor. */
interface CommandLine {
  /** The words before the current one, without the name of the program. */
  readonly words: readonly string[];
  /** The word at the cursor; empty after a blank. */
  readonly current: string;
  /** Whether the current word has an open quote. */
  readonly isQuoted: boolean;
}

/** A value at the cursor, and what it means. */
interface Candidate {
  readonly value: string;
  readonly help?: string;
}

/** Values of a kind, or the word that makes the shell complete them. */
type Candidates = readonly Candidate[] | typeof FILES | typeof DIRECTORIES;

type Values = (io: Io) => Candidates | Promise<Candidates>;

/** The values of a flag or an argument, by what stands for it in its help. */
const VALUES: Readonly<Record<string, Values>> = {
  file: () => FILES,
  directory: () => DIRECTORIES,
  "group.option=value": optionNames,
  action: () => named(ACTIONS),
  table: async (io) => named((await readSeenNames(io)).tables),
  topic: async (io) => named((await readSeenNames(io)).topics),
  shell: () => named(SHELLS),
};

/**
 * The values at the cursor in the form that a shell's script reads: one per line, or what the shell
 * completes itself.
 *
 * @param words for bash the characters that divide words, and the line up to the cursor; else the
 *   words up to the cursor, without the name of the program
 */
export async function complete(
  program: Command,
  shell: string,
  words: readonly string[],
  io: Io,
): Promise<string> {
  const [breaks = "", line = ""] = words;
  const parsed = shell === "bash"
    ? splitLine(line)
    : { words: words.slice(0, -1), current: words.at(-1) ?? "", isQuoted: false };
  const candidates = await candidatesFor(program, parsed, io);
  if (typeof candidates === "string") return `${candidates}\n`;
  const fitting = candidates.filter(({ value }) => value.startsWith(parsed.current));
  const start = shell === "bash" ? startOfWord(parsed, breaks) : 0;
  return fitting.map((each) => `${lineOf(each, shell, start)}\n`).join("");
}

function splitLine(line: string): CommandLine {
  const { words, last = "", isQuoted } = shellWords(line);
  return { words: words.slice(1), current: last, isQuoted };
}

/** Where the part of a word begins that bash replaces. */
function startOfWord({ current, isQuoted }: CommandLine, breaks: string): number {
  if (isQuoted) return 0;
  return 1 +
    Math.max(...["=", ":"].map((char) => breaks.includes(char) ? current.lastIndexOf(char) : -1));
}

function lineOf({ value, help }: Candidate, shell: string, start: number): string {
  if (shell === "bash") return value.slice(start);
  const [escaped, separator] = shell === "zsh"
    ? [value.replaceAll(":", "\\:"), ":"]
    : [value, "\t"];
  return help === undefined ? escaped : `${escaped}${separator}${help}`;
}

async function candidatesFor(
  program: Command,
  { words, current }: CommandLine,
  io: Io,
): Promise<Candidates> {
  const { command, operands, used, open, hasOptions } = placeIn(program, words);
  const isFlag = current.startsWith("-");
  if (open !== undefined && !(open.optional && isFlag)) return await valuesOf(open, io);
  if (!hasOptions || !isFlag) return await operandsOf(command, operands, io);
  const [flag = "", text] = current.split("=", 2);
  const options = optionsOf(command);
  if (text === undefined) {
    return options.filter((option) => isRepeatable(option) || !used.has(option))
      .map(({ long, description }) => ({ value: long ?? "", help: description }));
  }
  const option = options.find((each) => each.long === flag);
  const values = option === undefined || !takesValue(option) ? [] : await valuesOf(option, io);
  if (typeof values === "string") return values;
  return values.map((each) => ({ ...each, value: `${flag}=${each.value}` }));
}

/** A place in a command line. */
interface Place {
  readonly command: Command;
  /** Number of operands of the command before the place. */
  readonly operands: number;
  readonly used: ReadonlySet<Option>;
  /** The flag directly before the place, which accepts or requires a value. */
  readonly open: Option | undefined;
  /** Whether flags may follow: no `--` came before. */
  readonly hasOptions: boolean;
}

function placeIn(program: Command, words: readonly string[]): Place {
  let command = program;
  let operands = 0;
  let open: Option | undefined;
  let hasOptions = true;
  const used = new Set<Option>();
  for (const word of words) {
    const isFlag = hasOptions && word.startsWith("-");
    const isValue = open !== undefined && !(open.optional && isFlag);
    open = undefined;
    if (isValue) continue;
    if (word === "--") hasOptions = false;
    else if (isFlag) {
      const [flag = ""] = word.split("=", 1);
      const option = optionsOf(command).find(({ long, short }) => long === flag || short === flag);
      if (option !== undefined) used.add(option);
      open = option && takesValue(option) && !word.includes("=") ? option : undefined;
    } else {
      const below = command.commands.find((each) => each.name() === word);
      operands = below === undefined ? operands + 1 : 0;
      command = below ?? command;
    }
  }
  return { command, operands, used, open, hasOptions };
}

function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command);
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function isRepeatable({ description }: Option): boolean {
  return /\(repeatable\b/.test(description);
}

/** The commands below this one, or the values of the argument at this index. */
async function operandsOf(command: Command, index: number, io: Io): Promise<Candidates> {
  const below = command.createHelp().visibleCommands(command);
  if (below.length > 0) {
    return below.map((each) => ({ value: each.name(), help: each.description() }));
  }
  const argument = command.registeredArguments[index];
  return argument === undefined ? [] : await VALUES[argument.name()]?.(io) ?? [];
}

/** By what stands for the value, or by the last word of the flag, as in `--only-topic <glob>`. */
async function valuesOf({ flags, long, argChoices }: Option, io: Io): Promise<Candidates> {
  if (argChoices !== undefined) return named(argChoices);
  const [, kind = ""] = /[<[](.+?)[>\]]/.exec(flags) ?? [];
  const word = long?.split("-").at(-1) ?? "";
  return await (VALUES[kind] ?? VALUES[word])?.(io) ?? [];
}

function named(values: readonly string[]): readonly Candidate[] {
  return values.map((value) => ({ value }));
}

async function optionNames(): Promise<readonly Candidate[]> {
  const { optionTable } = await import("../composition.ts");
  return optionTable.map(({ group, name, help }) => ({ value: `${group}.${name}=`, help }));
}
