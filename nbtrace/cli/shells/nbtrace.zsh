#compdef nbtrace
# Completion of nbtrace for zsh: nbtrace --install-completion zsh, or source this file.

_nbtrace() {
    local line value
    local -a answer described open
    # ${(q)…} keeps a word with blanks one word; the last one is what is being typed.
    answer=("${(@f)$(env TERMINAL_WIDTH=9999 _NBTRACE_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args \
        _TYPER_COMPLETE_ARGS="${(j: :)${(@q)words[1,CURRENT]}}" "${words[1]}" 2>/dev/null)}")
    [[ "$words[CURRENT]" == --*=* ]] && compset -P '*='
    for line in $answer; do
        value="${line%%$'\t'*}"
        [[ -z "$value" ]] && continue
        if [[ "$value" == *= ]]; then
            open+=("${value//:/\\:}")
        elif [[ "$line" == *$'\t'* ]]; then
            described+=("${value//:/\\:}:${line#*$'\t'}")
        else
            described+=("${value//:/\\:}")
        fi
    done
    if (( $#described + $#open == 0 )); then
        _files
        return
    fi
    (( $#described )) && _describe -V 'nbtrace' described
    # What ends in an equals sign goes on.
    (( $#open )) && _describe -V 'quantity' open -S ''
}

if [[ "$funcstack[1]" == _nbtrace ]]; then
    _nbtrace "$@"
else
    if (( ! $+functions[compdef] )); then
        autoload -Uz compinit
        compinit
    fi
    compdef _nbtrace nbtrace
fi
