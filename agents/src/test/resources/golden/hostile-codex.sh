#!/bin/sh
# Says what no agent should say to `app-server`; $MODE tells what.
[ "${1-}" = --version ] && { echo 'fake agent'; exit 0; }
read -r line
[ "$MODE" = mute ] && exec sleep 1000
echo '{"id":1,"result":{}}'
read -r line
read -r line
case "$MODE" in
  refuses)
    echo '{"id":2,"error":{"code":-32600,"message":"no such thread"}}'
    exec sleep 1000
    ;;
esac
echo '{"id":2,"result":{"thread":{"id":"T"},"model":"m"}}'
read -r line
case "$MODE" in
  noturn)
    echo '{"id":3,"error":{"code":-32000,"message":"no turn for you","data":{"a":1}}}'
    read -r line
    echo '{"id":4,"result":{"turn":{"id":"U2"}}}'
    echo '{"method":"turn/started","params":{"threadId":"T","turn":{"id":"U2"}}}'
    echo '{"method":"turn/completed","params":{"threadId":"T","turn":{"id":"U2","status":"completed"}}}'
    cat > /dev/null
    exit 0
    ;;
esac
echo '{"id":3,"result":{"turn":{"id":"U"}}}'
echo '{"method":"turn/started","params":{"threadId":"T","turn":{"id":"U"}}}'
case "$MODE" in
  garbage)
    echo 'no json'
    echo '[1,2]'
    echo '"text"'
    echo '{"id":'
    printf '\377\376\n'
    echo '{}'
    echo '{"id":{"a":1},"result":7}'
    echo '{"id":77,"result":7}'
    echo '{"id":0,"method":"unheard/of"}'
    echo '{"id":"x","method":"item/tool/requestUserInput","params":{"questions":"none"}}'
    echo '{"id":1,"method":"mcpServer/elicitation/request","params":[]}'
    echo '{"method":"something/new","params":{"x":1}}'
    echo '{"method":"item/started"}'
    echo '{"method":"item/started","params":{"item":7,"threadId":{"a":1}}}'
    echo '{"method":"item/completed","params":{"item":{"type":"commandExecution","id":7,"command":[]}}}'
    echo '{"method":"item/completed","params":{"item":{"type":"fileChange","id":"f","changes":[7,{"path":1,"kind":"x"}]}}}'
    echo '{"method":"item/completed","params":{"item":{"type":"reasoning","summary":"x","content":[7]}}}'
    echo '{"method":"item/completed","params":{"item":{"type":"unheardOf","id":"u"}}}'
    echo '{"method":"item/completed","params":{"item":{"type":"collabAgentToolCall","id":"c","receiverThreadIds":[7,"S"]},"threadId":"T"}}'
    echo '{"method":"item/agentMessage/delta","params":{"delta":7}}'
    echo '{"method":"thread/tokenUsage/updated","params":{"threadId":"T","turnId":"U","tokenUsage":"many"}}'
    echo '{"method":"error","params":{"error":"bad"}}'
    echo '{"method":"serverRequest/resolved","params":{"requestId":"nothing"}}'
    echo '{"method":"turn/completed","params":{"threadId":"other","turn":7}}'
    awk 'BEGIN { for (i = 0; i < 5000; i++) printf "["; print "" }'
    ;;
  long)
    head -c 16000000 /dev/zero | tr '\0' x
    echo
    ;;
  deaf)
    exec sleep 1000
    ;;
  flood)
    i=0
    while [ $i -lt 500 ]; do
      echo "{\"id\":$i,\"method\":\"item/commandExecution/requestApproval\",\"params\":{\"threadId\":\"T\",\"itemId\":\"i$i\"}}"
      i=$((i + 1))
    done
    ;;
  items)
    i=0
    while [ $i -lt 3000 ]; do
      echo "{\"method\":\"item/started\",\"params\":{\"threadId\":\"T\",\"item\":{\"type\":\"mcpToolCall\",\"id\":\"i$i\"}}}"
      i=$((i + 1))
    done
    ;;
esac
echo '{"method":"item/completed","params":{"threadId":"T","item":{"type":"agentMessage","id":"m","text":"fine"}}}'
echo '{"method":"turn/completed","params":{"threadId":"T","turn":{"id":"U","status":"completed"}}}'
cat > "$FAKE/read"
