#!/bin/sh
# Plays a recording: $FAKE has `order` (lines `> n` and `< n`), `stdout`, `exit`. What it reads goes to `read`.
at=1
while read -r what count; do
  if [ "$what" = '<' ]; then
    sed -n "$at,$((at + count - 1))p" "$FAKE/stdout"
    at=$((at + count))
  else
    while [ "$count" -gt 0 ]; do
      IFS= read -r line <&3 || exit 9
      printf '%s\n' "$line" >> "$FAKE/read"
      count=$((count - 1))
    done
  fi
done 3<&0 < "$FAKE/order"
cat >> "$FAKE/read"
exit "$(cat "$FAKE/exit")"
