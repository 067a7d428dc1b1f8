// Writes docs/configuration.md from the table that the program itself reads.
import { driverOptions } from "../drivers/registry.ts";
import { markdownReference } from "../service/config/markdown_reference.ts";
import { coreOptions } from "../service/config/options/core_options.ts";

const INTRODUCTION = `# Configuration

Written by \`deno task docs\` from the option table; \`df-pubsub config sample\` prints the same as a
commented file, \`df-pubsub config show\` the values in force and where each comes from.

A dragonflow.ini of the original works as it stands. Sources, later ones before earlier ones:

1. defaults,
2. \`--config-file\` in the order given, then the \`*.conf\` of each \`--config-dir\`, sorted,
3. variables \`OS_<GROUP>__<OPTION>\`,
4. \`--set group.option=value\`.

Within one source an option's own name counts before its other names. Text may refer to other
options: \`$name\` in the same group or else in \`[DEFAULT]\`, \`\${group.name}\` anywhere, \`$$\` is a
dollar sign. An option that does not exist, in a group of ours, is a warning with the nearest name;
in \`--set\` it is an error, and of variables the executable sees only those it knows. What the
original has and this program does not use is ignored.

Files are read as oslo.config 9.0 reads them, except that

- an empty number, boolean, choice or address means the default, where oslo has None or an error;
- a list inside another option's text is \`a,b\`, not Python's \`['a', 'b']\`;
- a whole number from a decimal option stays \`3\` inside a text, not \`3.0\`;
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
