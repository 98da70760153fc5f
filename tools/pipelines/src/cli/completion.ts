import { type Command, commandNames, commandOf, wordsOf } from './commands.ts';

/*
 * Completion of commands, options, pipelines of the checkout that one is in, and their tasks, which keys.json has.
 * `simclr` becomes a word of the shell, for `npx simclr`, where there is no such program.
 */

/** The script for a shell. */
export function completion(shell: string): string {
  if (shell === 'fish') return fish();
  // zsh reads the functions of bash.
  return shell === 'zsh'
    ? `autoload -U +X compinit && compinit -i\nautoload -U +X bashcompinit && bashcompinit\n${bash()}`
    : bash();
}

const optionsOf = ({ options = {} }: Command) => [...Object.keys(options), 'help'].map((name) => `--${name}`);
const takesPipeline = ({ names }: Command) => names[0] === '<pipeline>' || names[0] === '[pipeline]';
const withPipeline = commandNames.filter((name) => takesPipeline(commandOf(name)!));

function bash(): string {
  const options = commandNames.map((name) => `    ${name}) words='${optionsOf(commandOf(name)!).join(' ')}' ;;`);
  const words = commandNames
    .map((name) => [name, wordsOf(commandOf(name)!.names[0] ?? '')] as const)
    .filter(([, found]) => found.length)
    .map(([name, found]) => `    ${name}) words='${found.join(' ')}' ;;`);
  return `# Completion of simclr.
command -v simclr > /dev/null || simclr() { npx simclr "$@"; }
_simclr_root() {
  local at="$PWD"
  while [ -n "$at" ] && [ ! -f "$at/nx.json" ]; do at="\${at%/*}"; done
  printf '%s' "$at"
}
_simclr() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" pipeline="\${COMP_WORDS[2]}" words='' root file
  root="$(_simclr_root)"
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${[...commandNames, '--help'].join(' ')}'
  elif [ "\${word#-}" != "$word" ]; then
    case "$command" in
${options.join('\n')}
    esac
  else
    case "$command" in
${words.join('\n')}
    ${withPipeline.join('|')})
      if [ "$COMP_CWORD" -eq 2 ]; then
        for file in "$root"/pipelines/*/pipeline.yaml; do file="\${file%/*}"; words="$words \${file##*/}"; done
      else
        words="$(sed -n 's/^  "\\(.*\\)": {$/\\1/p' "$root/pipelines/$pipeline/keys.json" 2> /dev/null)"
      fi ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _simclr simclr
`;
}

function fish(): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  const first = commandNames.map((name) => {
    return `complete -c simclr -n __fish_use_subcommand -f -a ${name} -d ${quoted(commandOf(name)!.says)}`;
  });
  const rest = commandNames.flatMap((name) => {
    const { names, options = {} } = commandOf(name)!;
    const after = `complete -c simclr -n '__fish_seen_subcommand_from ${name}'`;
    const words = wordsOf(names[0] ?? '');
    return [
      ...(words.length ? [`${after} -f -a '${words.join(' ')}'`] : []),
      ...Object.entries(options).map(
        ([key, { value, says }]) => `${after} -l ${key}${value ? ' -r' : ''} -d ${quoted(says)}`,
      ),
    ];
  });
  return `# Completion of simclr.
type -q simclr; or function simclr; npx simclr $argv; end
function __simclr_root
  set -l at $PWD
  while test -n "$at" -a ! -f "$at/nx.json"; set at (string replace -r '/[^/]*$' '' -- $at); end
  echo $at
end
function __simclr_names
  set -l root (__simclr_root)
  set -l words (commandline -opc)
  if test (count $words) -lt 3
    for file in $root/pipelines/*/pipeline.yaml; basename (dirname $file); end
  else
    sed -n 's/^  "\\(.*\\)": {$/\\1/p' "$root/pipelines/$words[3]/keys.json" 2> /dev/null
  end
end
${first.join('\n')}
complete -c simclr -n '__fish_seen_subcommand_from ${withPipeline.join(' ')}' -f -a '(__simclr_names)'
${rest.join('\n')}
`;
}
