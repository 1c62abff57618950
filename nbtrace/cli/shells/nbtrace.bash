# Completion of nbtrace for bash: nbtrace --install-completion bash, or source this file.

_nbtrace_completion() {
    local line value
    COMPREPLY=()
    while IFS= read -r line; do
        value="${line%%$'\t'*}"
        [ -n "$value" ] && COMPREPLY+=("$value")
    done < <(env TERMINAL_WIDTH=9999 _NBTRACE_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args \
        _TYPER_COMPLETE_ARGS="${COMP_LINE:0:COMP_POINT}" "$1" 2>/dev/null)
    # What ends in an equals sign goes on.
    case "${COMPREPLY[0]-}" in
        *=) compopt -o nospace 2>/dev/null ;;
    esac
    return 0
}

complete -o default -F _nbtrace_completion nbtrace
