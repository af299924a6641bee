import type { CommandSpec, Values } from './spec.ts';

/** Functions that both shells read: what may stand where, as constant text. */
function data(specs: readonly CommandSpec[]): string {
  const cases = (rows: readonly (readonly [string, string])[]) =>
    rows.map(([key, value]) => `    '${key}') echo '${value}' ;;`).join('\n');
  const words = specs.filter((spec) => spec.words.length > 0).map((spec) => [spec.path, spec.words.join(' ')] as const);
  const flags = specs.map((spec) => [spec.path, spec.flags.map(({ flag }) => flag).join(' ')] as const);
  const args = specs
    .filter((spec) => spec.argument.kind !== 'none')
    .map((spec) => [spec.path, code(spec.argument)] as const);
  const values = specs.flatMap((spec) =>
    spec.flags.flatMap(({ flag, value }) =>
      value === undefined ? [] : [[`${spec.path}|${flag}`, code(value)] as const],
    ),
  );
  return `_jinhong_words() {
  case "$1" in
${cases(words)}
  esac
}
_jinhong_flags() {
  case "$1" in
${cases(flags)}
  esac
}
_jinhong_argument() {
  case "$1" in
${cases(args)}
  esac
}
_jinhong_value() {
  case "$1" in
${cases(values)}
  esac
}
`;
}

/** How a place is written in the data: files, names tenants, names tenants RuleA RuleB, words a b, none. */
function code(values: Values): string {
  switch (values.kind) {
    case 'names':
      return ['names', values.of, ...(values.words ?? [])].join(' ');
    case 'words':
      return `words ${values.words.join(' ')}`;
    case 'files':
    case 'none':
      return values.kind;
  }
}

/** The script for bash 3.2 or newer; names come from the cache through the hidden command, nothing from the network. Pure. */
export function bashScript(specs: readonly CommandSpec[]): string {
  return `# bash completion of jinhong; load it with: source <(jinhong completion bash)
${data(specs)}
_jinhong_offer() {
  local how="$1" cur="$2" line
  case "$how" in
    'names '*)
      how="\${how#names }"
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <("\${COMP_WORDS[0]}" __complete "\${how%% *}" "$cur" 2>/dev/null)
      if [ -n "$cur" ] && [ "$how" != "\${how#* }" ]; then
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "\${how#* }" -- "$cur")
      fi
      ;;
    'words '*)
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "\${how#words }" -- "$cur")
      ;;
    files)
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
      ;;
  esac
}

_jinhong() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' word next how i skip=0
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [ "$skip" = 1 ]; then skip=0; continue; fi
    case "$word" in
      -*) [ -n "$(_jinhong_value "$path|$word")" ] && skip=1 ;;
      *)
        next="\${path:+$path }$word"
        case " $(_jinhong_words "$path") " in *" $word "*) path="$next" ;; esac
        ;;
    esac
  done
  if [ "$skip" = 1 ]; then
    how="$(_jinhong_value "$path|$prev")"
    _jinhong_offer "$how" "$cur"
    return
  fi
  case "$cur" in
    -*) _jinhong_offer "words $(_jinhong_flags "$path")" "$cur" ;;
    *)
      how="$(_jinhong_words "$path")"
      if [ -n "$how" ]; then _jinhong_offer "words $how" "$cur"; else _jinhong_offer "$(_jinhong_argument "$path")" "$cur"; fi
      ;;
  esac
}
complete -F _jinhong jinhong
`;
}

/** The script for zsh; the same data, offered through compadd. Pure. */
export function zshScript(specs: readonly CommandSpec[]): string {
  return `#compdef jinhong
# zsh completion of jinhong; load it with: source <(jinhong completion zsh)
${data(specs)}
_jinhong_offer() {
  local how="$1"
  case "$how" in
    'names '*)
      how="\${how#names }"
      compadd -U -- \${(f)"$("\${words[1]}" __complete "\${how%% *}" "$PREFIX" 2>/dev/null)"}
      [ -n "$PREFIX" ] && [ "$how" != "\${how#* }" ] && compadd -- \${=\${how#* }}
      ;;
    'words '*) compadd -- \${=\${how#words }} ;;
    files) _files ;;
  esac
}

_jinhong() {
  local path_='' word i skip=0
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [ "$skip" = 1 ]; then skip=0; continue; fi
    case "$word" in
      -*) [ -n "$(_jinhong_value "$path_|$word")" ] && skip=1 ;;
      *)
        case " $(_jinhong_words "$path_") " in *" $word "*) path_="\${path_:+$path_ }$word" ;; esac
        ;;
    esac
  done
  if [ "$skip" = 1 ]; then
    _jinhong_offer "$(_jinhong_value "$path_|\${words[CURRENT-1]}")"
  elif [[ "$PREFIX" == -* ]]; then
    _jinhong_offer "words $(_jinhong_flags "$path_")"
  elif [ -n "$(_jinhong_words "$path_")" ]; then
    _jinhong_offer "words $(_jinhong_words "$path_")"
  else
    _jinhong_offer "$(_jinhong_argument "$path_")"
  fi
}
if [ "\${funcstack[1]}" = _jinhong ]; then _jinhong "$@"; else compdef _jinhong jinhong; fi
`;
}
