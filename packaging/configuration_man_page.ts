import { optionTable } from "../cli/composition.ts";
import { VERSION } from "../cli/flags/version.ts";
import type { OptionDef } from "../drivers/contract/option.ts";
import { dbDrivers, pubSubDrivers } from "../drivers/registry.ts";
import { variableOf } from "../service/config/option_name.ts";
import { groupTable, ifSet } from "../service/config/table_text.ts";
import { escape, item, items, paragraph, part, sentence, verbatim } from "./roff.ts";

const DESCRIPTION = [
  "df-pubsub and its commands read one configuration. It has the format of oslo.config, and a " +
  "dragonflow.ini of OpenStack Dragonflow works as it stands. The program uses the first of " +
  "these that exists: the files that --config-file and --config-dir name; the files that the variable " +
  "DF_PUBSUB_CONFIG names; ~/.config/df-pubsub/df-pubsub.ini; /etc/df-pubsub/df-pubsub.ini with " +
  "/etc/df-pubsub/conf.d/*.conf.",
  "A later file overrides an earlier one, a variable OS_<GROUP>__<OPTION> overrides files, and " +
  "--set group.option=value overrides all of them.",
  "A comment begins with # or ; at the beginning of a line. A line that begins with a blank continues the value " +
  "before it. $name and ${group.name} stand for the value of another option, and $$ for a dollar sign. " +
  "Lists are separated by commas.",
];

const EXAMPLE = `[df]
management_ip = 192.0.2.11
nb_db_class = redis_nb_db_driver
remote_db_hosts = 192.0.2.21:6379`;

/** The manual page df-pubsub.ini(5), made from the option table that the program reads. */
export function configurationManPage(date: Date): string {
  const day = date.toISOString().slice(0, 10);
  const groups = groupTable(optionTable).map(({ group, options }) =>
    [`.SS "[${escape(group)}]"`, ...options.map(optionItem)].join("\n")
  );
  return [
    `.TH DF\\-PUBSUB.INI 5 ${day} "df-pubsub ${VERSION}" "File Formats"`,
    `.SH NAME\ndf\\-pubsub.ini \\- configuration of df\\-pubsub`,
    part("DESCRIPTION", ...DESCRIPTION.map(paragraph)),
    part("OPTIONS", ...groups),
    part(
      "DRIVERS",
      paragraph("[df] pub_sub_driver and pub_sub_multiproc_driver:"),
      named(pubSubDrivers),
    ),
    [paragraph("[df] nb_db_class:"), named(dbDrivers)].join("\n"),
    part("EXAMPLES", verbatim(EXAMPLE)),
    part("SEE ALSO", ".BR df\\-pubsub (1)"),
    "",
  ].join("\n");
}

function named(drivers: readonly { readonly name: string; readonly summary: string }[]): string {
  return items(drivers.map(({ name, summary }) => [name, sentence(summary)]));
}

function optionItem(option: OptionDef): string {
  const unit = option.unit === undefined ? "" : `, in ${option.unit}`;
  const facts = [
    sentence(option.help),
    `Wanted: ${option.type.wanted}${unit}.`,
    `Default: ${sentence(shownDefault(option))}`,
    `Variable: ${variableOf(option)}.`,
    ...(option.aliases ?? []).map(({ group, name }) => `Also read as [${group}] ${name}.`),
    ...(option.reloadable
      ? [`A running service adopts a new value on SIGHUP${ifSet(option)}.`]
      : []),
    ...(option.secret === true ? ["Secret: never shown, and refused by --set."] : []),
  ];
  return item(option.name, facts.join("\n"));
}

function shownDefault({ default: value, defaultHelp }: OptionDef): string {
  if (defaultHelp !== undefined) return defaultHelp;
  if (typeof value !== "string") return "depends on the host";
  return value === "" ? "empty" : value;
}
