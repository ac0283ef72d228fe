#compdef meterctl

_meterctl_completion() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _METERCTL_COMPLETE=complete_zsh meterctl)
}

if [ "$funcstack[1]" = _meterctl ]; then _meterctl_completion "$@"; else compdef _meterctl_completion meterctl; fi
