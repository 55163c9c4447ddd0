/** `xdpl completion bash|zsh|fish`: scripts made from the commands' own description, so that they cannot be stale. */
import type { Command, Option } from "commander";
import { exitCode, usage, type ExitCode } from "./failure.js";
import type { Context } from "./program.js";

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Option[];
  /** Fixed words that the arguments may be: `dump` after `maps`, `bash` after `completion`. */
  readonly words: readonly string[];
}

function entries(program: Command): Entry[] {
  return program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary() || command.description(),
    options: [...command.createHelp().visibleOptions(command)],
    words: [
      ...command.commands.map((one) => one.name()),
      ...command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    ],
  }));
}

const flags = (option: Option): string[] => [option.short, option.long].filter((flag) => flag !== undefined);

function bash(all: readonly Entry[]): string {
  const cases = all.map((entry) => {
    const choices = entry.options
      .filter((option) => option.argChoices)
      .map(
        (option) =>
          `        ${flags(option).join("|")}) COMPREPLY=($(compgen -W "${(option.argChoices ?? []).join(" ")}" -- "$word")); return ;;`,
      );
    const words = [...entry.words, ...entry.options.flatMap(flags)].join(" ");
    return [
      `    ${entry.name})`,
      `      case "$before" in`,
      ...choices,
      `        *) ;;`,
      `      esac`,
      `      COMPREPLY=($(compgen -W "${words}" -- "$word") $(compgen -f -- "$word")) ;;`,
    ].join("\n");
  });
  return `# bash completion for xdpl
_xdpl() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${all.map((entry) => entry.name).join(" ")} help --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
}
complete -o filenames -F _xdpl xdpl
`;
}

function zsh(all: readonly Entry[]): string {
  const quote = (text: string): string =>
    text.replaceAll("'", "'\\''").replaceAll("[", "\\[").replaceAll("]", "\\]").replaceAll(":", "\\:");
  const option = (one: Option): string => {
    const value = one.argChoices
      ? `:value:(${one.argChoices.join(" ")})`
      : one.required || one.optional
        ? ":value:_files"
        : "";
    return flags(one)
      .map((flag) => `'${flag}[${quote(one.description)}]${value}'`)
      .join(" ");
  };
  const cases = all.map((entry) => {
    const rest = entry.words.length > 0 ? `'*:argument:(${entry.words.join(" ")})'` : "'*:file:_files'";
    return `    ${entry.name}) _arguments ${[...entry.options.map(option), rest].join(" ")} ;;`;
  });
  return `#compdef xdpl
_xdpl() {
  local -a commands
  commands=(
${all.map((entry) => `    '${entry.name}:${quote(entry.summary)}'`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_xdpl" ]; then _xdpl "$@"; else compdef _xdpl xdpl; fi
`;
}

function fish(all: readonly Entry[]): string {
  const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = ["# fish completion for xdpl"];
  for (const entry of all)
    lines.push(`complete -c xdpl -n __fish_use_subcommand -f -a ${entry.name} -d ${quote(entry.summary)}`);
  for (const entry of all) {
    const when = `-n '__fish_seen_subcommand_from ${entry.name}'`;
    if (entry.words.length > 0) lines.push(`complete -c xdpl ${when} -f -a ${quote(entry.words.join(" "))}`);
    for (const option of entry.options) {
      const names = flags(option).map((flag) =>
        flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const value = option.argChoices
        ? ` -x -a ${quote(option.argChoices.join(" "))}`
        : option.required
          ? " -r"
          : "";
      lines.push(`complete -c xdpl ${when} ${names.join(" ")}${value} -d ${quote(option.description)}`);
    }
  }
  return lines.join("\n") + "\n";
}

export function completion({ terminal }: Context, shell: string, program: Command): ExitCode {
  const all = entries(program);
  const script =
    shell === "bash" ? bash(all) : shell === "zsh" ? zsh(all) : shell === "fish" ? fish(all) : undefined;
  if (script === undefined) throw usage(`there is no completion for ${shell}`);
  terminal.out(script);
  return exitCode.ok;
}
