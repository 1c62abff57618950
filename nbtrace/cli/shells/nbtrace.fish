# Completion of nbtrace for fish: nbtrace --install-completion fish, or source this file.

function __nbtrace_complete
    set -l line (commandline -cp)
    set -l command (string split --max 1 ' ' -- (string trim --left -- $line))[1]
    set -l answer (env TERMINAL_WIDTH=9999 _NBTRACE_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args \
        _TYPER_COMPLETE_ARGS="$line" $command 2>/dev/null | string match --invert '')
    set -l current (commandline -ct)
    if string match --quiet --regex '^--[^=]+=' -- $current
        # fish takes --option=value for one word.
        set -l option (string match --regex '^--[^=]+=' -- $current)
        set answer $option$answer
    end
    if test (count $answer) -gt 0
        printf '%s\n' $answer
    else
        __fish_complete_path (commandline -ct)
    end
end

complete --command nbtrace --no-files --arguments '(__nbtrace_complete)'
