import { UsageError } from "../flags/failure.ts";
import { SHELLS } from "./shells.ts";

/** The words in place of values that the shell completes itself. */
export const FILES = ":files";
/** As {@linkcode FILES}, for directories. */
export const DIRECTORIES = ":directories";

// Bash divides words at = and :, and leaves quotes in them: the program divides the line.
const BASH = `# bash completion for df-pubsub
_df_pubsub() {
  local values
  values=$(df-pubsub complete bash -- "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  COMPREPLY=()
  case $values in
    "") ;;
    ${FILES}) compopt -o default ;;
    ${DIRECTORIES}) compopt -o dirnames ;;
    *)
      mapfile -t COMPREPLY <<<"$values"
      [[ $values != *= ]] || compopt -o nospace
      ;;
  esac
}
complete -F _df_pubsub df-pubsub
`;

const ZSH = `#compdef df-pubsub
# zsh completion for df-pubsub
_df_pubsub() {
  local -a lines open
  lines=(\${(f)"$(df-pubsub complete zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)"})
  case $lines[1] in
    ${FILES}) compset -P '--*='; _files ;;
    ${DIRECTORIES}) compset -P '--*='; _files -/ ;;
    *)
      open=(\${(M)lines:#*=(|:*)})
      lines=(\${lines:#*=(|:*)})
      _describe -t values 'value' open -S '' -- lines
      ;;
  esac
}
if [[ $funcstack[1] == _df-pubsub ]]; then
  _df_pubsub
else
  compdef _df_pubsub df-pubsub
fi
`;

const FISH = `# fish completion for df-pubsub
function __df_pubsub_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (df-pubsub complete fish -- $words[2..] "$current" 2>/dev/null)
    set -l flag (string match -r -- '^--[^=]*=' "$current")
    set -l path (string replace -r -- '^--[^=]*=' '' "$current")
    switch "$lines[1]"
        case '${FILES}'
            __fish_complete_path "$path" | string replace -r '^' -- "$flag"
        case '${DIRECTORIES}'
            __fish_complete_directories "$path" | string replace -r '^' -- "$flag"
        case '*'
            printf '%s\\n' $lines
    end
end
complete -c df-pubsub -f -a '(__df_pubsub_complete)'
`;

const SCRIPTS: ReadonlyMap<string, string> = new Map(
  Object.entries({ bash: BASH, zsh: ZSH, fish: FISH }),
);

/** The script for a shell. @throws {UsageError} for another shell */
export function shellScript(shell: string): string {
  const script = SCRIPTS.get(shell);
  if (script !== undefined) return script;
  throw new UsageError(`completion "${shell}": unknown shell, wanted one of ${SHELLS.join(", ")}`);
}
