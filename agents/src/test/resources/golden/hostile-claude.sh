#!/bin/sh
# Says what no agent should say; $MODE tells what.
[ "${1-}" = --version ] && { echo 'fake agent'; exit 0; }
result='{"type":"result","subtype":"success","is_error":false,"result":"fine","session_id":"s","num_turns":1}'
case "$MODE" in
  garbage)
    echo 'no json'
    echo '[1,2]'
    echo '"text"'
    echo '{"type":'
    printf '\377\376\n'
    echo '{"type":7,"session_id":{"a":1}}'
    echo '{"type":"assistant"}'
    echo '{"type":"assistant","message":{"content":"text"}}'
    echo '{"type":"assistant","message":{"content":[7,{"type":"tool_use","input":"x"},{"type":"new"}]}}'
    echo '{"type":"user","message":{"content":[{"type":"tool_result","content":{"a":1}}]}}'
    echo '{"type":"stream_event","event":[]}'
    echo '{"type":"system","subtype":"background_tasks_changed","tasks":"none"}'
    echo '{"type":"control_request"}'
    echo '{"type":"control_request","request_id":"c1","request":{"subtype":"unheard_of"}}'
    echo '{"type":"control_response","response":7}'
    echo '{"type":"control_cancel_request","request_id":"nothing"}'
    echo '{"type":"something_new","x":1}'
    awk 'BEGIN { for (i = 0; i < 5000; i++) printf "["; print "" }'
    ;;
  long)
    head -c 16000000 /dev/zero | tr '\0' x
    echo
    head -c 5000000 /dev/zero | tr '\0' ' '
    echo '{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"padded"}]}}'
    ;;
  stderr)
    head -c 8000000 /dev/zero | tr '\0' y >&2
    ;;
  deaf)
    echo '{"type":"system","subtype":"init","session_id":"s"}'
    exec sleep 1000
    ;;
  flood)
    i=0
    while [ $i -lt 500 ]; do
      echo "{\"type\":\"control_request\",\"request_id\":\"p$i\",\"request\":{\"subtype\":\"can_use_tool\",\"tool_name\":\"Bash\",\"input\":{}}}"
      i=$((i + 1))
    done
    ;;
esac
echo "$result"
cat > "$FAKE/read"
