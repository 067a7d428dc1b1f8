// Writes docs/configuration.md from the table that the program itself reads.
import { driverOptions } from "../drivers/registry.ts";
import { markdownReference } from "../service/config/markdown_reference.ts";
import { coreOptions } from "../service/config/options/core_options.ts";

const INTRODUCTION = `# Configuration

Written by \`deno task docs\` from the option table; \`df-pubsub config sample\` prints the same as a
commented file, \`df-pubsub config show\` the values in force and where each comes from.

A dragonflow.ini of the original works as it stands. Sources, later ones before earlier ones:

1. defaults,
2. files,
3. variables \`OS_<GROUP>__<OPTION>\`,
4. \`--set group.option=value\`.

Every command reads the same files as the service. They are, of these, the first that is there:

1. every \`--config-file\` in the order given, then the \`*.conf\` files of each \`--config-dir\` in
   sorted order,
2. the files that the variable \`DF_PUBSUB_CONFIG\` names, separated by colons,
3. \`$XDG_CONFIG_HOME/df-pubsub/df-pubsub.ini\`, where \`XDG_CONFIG_HOME\` is \`~/.config\` unless it is
   set,
4. \`/etc/df-pubsub/df-pubsub.ini\`, then the \`*.conf\` files in \`/etc/df-pubsub/conf.d\` in sorted
   order.

\`--no-config\` reads none. \`--verbose\` and \`config show\` print which files were read, or where none
was found. \`config check\` reads all of it as \`serve\` would, prints every error with its file and
line and every warning, and exits with 2 when there are errors. A file is UTF-8 text.

Within one source an option's own name counts before its other names. Text may refer to other
options: \`$name\` in the same group or else in \`[DEFAULT]\`, \`\${group.name}\` anywhere, \`$$\` is a
dollar sign. A reference may name an option of another service, as \`$state_path\`, where a file or a
variable sets it.

An option that does not exist, in a group of ours, is a warning with the nearest name; in \`--set\` it
is an error, and of variables the executable sees only those it knows. Two names of one option with
different values are a warning that says which value is used. What the original has and this program
does not use is ignored. Logs go to standard error: \`serve\` and \`config check\` print one warning
when \`log_file\`, \`log_dir\`, \`use_syslog\` and their like ask for anything else.

Files are read as oslo.config 9.0 reads them, except that

- an empty number, boolean, choice or address means the default, where oslo has None or an error;
- a list inside another option's text is \`a,b\`, not Python's \`['a', 'b']\`;
- a whole number from a decimal option stays \`3\` inside a text, not \`3.0\`;
- a reference may name an option that is in a file and not in the table below;
- \`\${DEFAULT.x}\` works, references to groups ignore case, and \`nan\` is no number;
- variables work for an option's other names, too.

`;

/** The page, as it is to be in docs/. */
export function configurationPage(): string {
  return INTRODUCTION + markdownReference([...coreOptions, ...driverOptions]);
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL("./configuration.md", import.meta.url), configurationPage());
}
