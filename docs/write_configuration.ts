// Writes docs/configuration.md from the table that the program itself reads.
import { driverOptions } from "../drivers/registry.ts";
import { markdownReference } from "../service/config/markdown_reference.ts";
import { coreOptions } from "../service/config/options/core_options.ts";

const INTRODUCTION = `# Configuration

\`deno task docs\` writes this page from the option table. \`df-pubsub config sample\` prints it as a
commented file. \`df-pubsub config show\` prints the values in force, and where each comes from.

A \`dragonflow.ini\` of the original works as it stands. The sources of a value, the strongest first:

1. \`--set group.option=value\`
2. a variable \`OS_<GROUP>__<OPTION>\`
3. a file
4. the default

Every command reads the same files as the service. It takes the first of these that exists:

1. every \`--config-file\`, and the sorted \`*.conf\` files of every \`--config-dir\`, in the order of the
   command line,
2. the files that the variable \`DF_PUBSUB_CONFIG\` names, separated by colons,
3. \`$XDG_CONFIG_HOME/df-pubsub/df-pubsub.ini\`, where \`XDG_CONFIG_HOME\` is \`~/.config\` unless it is
   set,
4. \`/etc/df-pubsub/df-pubsub.ini\`, then the \`*.conf\` files in \`/etc/df-pubsub/conf.d\` in sorted
   order.

With \`--no-config\` a command reads no file. \`--verbose\` and \`config show\` print which files were
read, or where none was found. \`config check\` reads everything as \`serve\` would. It prints every
warning, and every error with its file and line, and exits with 2 if there are errors. A file is
UTF-8 text.

Within one source an option's own name is stronger than its other names. A value may refer to other
options: \`$name\` is an option of the same group, or else of \`[DEFAULT]\`; \`\${group.name}\` is one of
any group; \`$$\` is a dollar sign. A reference may also name an option of another service, such as
\`$state_path\`, if a file or a variable sets it.

An unknown option in one of our groups gives a warning with the nearest name; in \`--set\` it is an
error. The executable sees only the variables it knows. Two names of one option with different
values give a warning that says which value is used. Options of the original that this program does
not use are ignored. Logs go to standard error. If \`log_file\`, \`log_dir\`, \`use_syslog\` or a similar
option asks for another place, \`serve\` and \`config check\` print one warning.

Files are read as oslo.config 9.0 reads them, except that

- an empty number, boolean, choice or address means the default, where oslo has None or an error;
- a list inside another option's text is \`a,b\`, not Python's \`['a', 'b']\`;
- a whole number from a decimal option stays \`3\` inside a text, not \`3.0\`;
- a reference may name an option that is in a file and not in the table below;
- \`\${DEFAULT.x}\` works, references to groups ignore case, and \`nan\` is not a number;
- \`~/\` at the beginning of a path means the home directory of the account;
- variables work for an option's other names, too.

`;

/** The page, as it is to be in docs/. */
export function configurationPage(): string {
  return INTRODUCTION + markdownReference([...coreOptions, ...driverOptions]);
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL("./configuration.md", import.meta.url), configurationPage());
}
