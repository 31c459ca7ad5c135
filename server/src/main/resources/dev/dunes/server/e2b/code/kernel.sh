# Runs pieces of shell for the host, one after another, in one shell that lasts.
#
# A request is four texts, each ended by a NUL: a name for its end, lines that set variables, lines
# that take them back, and the code. After it, on both outputs, comes a NUL, that name, and, on
# standard output, the exit code, then a NUL. The code's own standard input is empty.
exec {__dunes_requests}<&0 {__dunes_out}>&1 {__dunes_err}>&2 </dev/null
unset __dunes_end __dunes_set __dunes_reset __dunes_code
trap '[[ -n ${__dunes_code+x} ]] && return 130 2>/dev/null' INT
__dunes_status=0
while IFS= read -r -d '' -u "$__dunes_requests" __dunes_end &&
  IFS= read -r -d '' -u "$__dunes_requests" __dunes_set &&
  IFS= read -r -d '' -u "$__dunes_requests" __dunes_reset &&
  IFS= read -r -d '' -u "$__dunes_requests" __dunes_code; do
  eval "$__dunes_set"
  (exit "$__dunes_status")
  source /dev/fd/9 9<<<"$__dunes_code" {__dunes_requests}<&- {__dunes_out}>&- {__dunes_err}>&-
  __dunes_status=$?
  unset __dunes_code
  eval "$__dunes_reset"
  printf '\0%s\0' "$__dunes_end" >&"$__dunes_err"
  printf '\0%s %d\0' "$__dunes_end" "$__dunes_status" >&"$__dunes_out"
done
