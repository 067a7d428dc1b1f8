import { sampleConfig } from "../../service/config/sample_config.ts";
import { type CommonFlags, compose, driverComment, optionTable } from "../composition.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import { CONFIG_VARIABLE } from "../flags/find_config.ts";
import type { Io } from "../terminal/io.ts";
import { type Column, writeTable } from "../terminal/table.ts";
import { DEFAULT_ORIGIN } from "../../service/config/option_resolver.ts";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";

/** The flags of `config show`. */
export interface ShowFlags extends CommonFlags {
  readonly onlySet?: true | undefined;
  readonly json?: true | undefined;
}

/** Prints the effective configuration, with masked secrets. */
export async function showConfiguration(flags: ShowFlags, io: Io): Promise<ExitCode> {
  const { config, configSource } = await compose(flags, io);
  if (!flags.quiet && !flags.verbose) io.err.write(`Configuration: ${configSource}\n`);
  const rows = showConfig(config, { onlySet: flags.onlySet === true });
  if (flags.json || !io.out.isTerminal) {
    for (const row of rows) io.out.write(`${JSON.stringify(row)}\n`);
  } else {
    writeTable(io.out, COLUMNS, rows);
  }
  return EXIT.done;
}

const COLUMNS: readonly Column<ShownOption>[] = [
  { heading: "OPTION", cell: ({ group, name }) => `[${group}] ${name}` },
  { heading: "VALUE", cell: ({ value, unit }) => unit === null ? value : `${value} ${unit}` },
  { heading: "FROM", cell: ({ origin }) => origin },
];

const SAMPLE_HEAD = `# The configuration of df-pubsub. Every command reads it from
# ~/.config/df-pubsub/df-pubsub.ini, else from /etc/df-pubsub/df-pubsub.ini, unless
# --config-file or the variable ${CONFIG_VARIABLE} names other files.
# To check it: df-pubsub config check
#
`;

/** Prints a configuration file that explains every option and sets none. */
export function sampleConfiguration(io: Io): ExitCode {
  io.out.write(`${SAMPLE_HEAD}${driverComment()}\n\n${sampleConfig(optionTable, io.facts)}`);
  return EXIT.done;
}

/** One line of `config show`. */
interface ShownOption {
  /** The section of the option. */
  readonly group: string;
  /** Its own name, even if it was set under an alias. */
  readonly name: string;
  /** The value as text; `***` for a secret. */
  readonly value: string;
  /** The unit of a number; null if it has none. */
  readonly unit: string | null;
  /** `default`, `dragonflow.ini:12`, `variable OS_DF__HOST` or `--set`. */
  readonly origin: string;
}

/** The effective values and their sources, in the order of the table. */
export function showConfig(
  config: EffectiveConfig,
  options: { readonly onlySet?: boolean } = {},
): readonly ShownOption[] {
  return config.entries()
    .filter(({ origin }) => options.onlySet !== true || origin !== DEFAULT_ORIGIN)
    .map(({ option, value, origin }) => ({
      group: option.group,
      name: option.name,
      value,
      unit: option.unit ?? null,
      origin,
    }));
}
